import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { launchChromium } from '../support/chromium.ts';
import { type Demo, startDemo } from './demo.ts';
import { showUsualPorts } from './readme-page.ts';
import { arrive, arriveSignedIn, press, startSignIn } from './steps.ts';

/**
 * `npx node test/browser/demo-animation.ts` writes the animated picture of the README, `docs/images/demo.svg`: screenshots of the running demo, one
 * after the other, in one SVG file without scripts. Who prefers reduced motion sees the first of them.
 */

const FILE = join(import.meta.dirname, '../../docs/images/demo.svg');

/** In pixels. */
const SIZE = { width: 760, height: 700 };
/** Of one picture, in seconds. */
const SHOWN = 2.2;

type Scene = (page: Page, demo: Demo) => Promise<void>;

const SCENES: readonly Scene[] = [
  async (page, { app }) => {
    await page.goto(app);
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
  },
  (page, { app }) => startSignIn(page, app),
  async (page) => {
    await page.getByLabel('Username').fill(DEMO_ACCOUNT.username);
    await page.getByLabel('Password', { exact: true }).fill(DEMO_ACCOUNT.password);
  },
  async (page) => {
    await press(page, 'Sign in');
    await arrive(page, 'Sample App asks for access to your account');
  },
  async (page) => {
    await press(page, 'Allow');
    await arriveSignedIn(page);
  },
  async (page) => {
    await page.getByLabel('New message').fill('Down the rabbit hole');
    await press(page, 'Write');
    await page.getByText('201 Created').waitFor();
  },
];

const browser = await launchChromium();
const demo = await startDemo();
try {
  await demo.renewAlice();
  const page = await browser.newPage({ viewport: SIZE });
  const pictures: string[] = [];
  for (const scene of SCENES) {
    await scene(page, demo);
    await showUsualPorts(page, demo);
    const picture = await page.screenshot({ type: 'jpeg', quality: 70, animations: 'disabled' });
    pictures.push(picture.toString('base64'));
  }
  mkdirSync(join(FILE, '..'), { recursive: true });
  writeFileSync(FILE, animation(pictures));
  console.log(`docs/images/demo.svg ${Math.ceil(animation(pictures).length / 1000)} kB`);
} finally {
  await browser.close();
  await demo.stop();
}

/** @param pictures JPEG, base64 */
function animation(pictures: readonly string[]): string {
  const { width, height } = SIZE;
  const seconds = SHOWN * pictures.length;
  const share = 100 / pictures.length;
  const images = pictures.map((picture, index) => {
    const style = index === 0 ? '' : ` class="later" style="animation-delay:${(SHOWN * index).toFixed(1)}s"`;
    return `<image${style} width="${width}" height="${height}" href="data:image/jpeg;base64,${picture}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>
.later { opacity: 0; animation: show ${seconds.toFixed(1)}s infinite; }
@keyframes show { 0% { opacity: 1; } ${share.toFixed(2)}% { opacity: 1; } ${(share + 0.01).toFixed(2)}% { opacity: 0; } }
@media (prefers-reduced-motion: reduce) { .later { animation: none; } }
</style>
${images.join('\n')}
</svg>
`;
}
