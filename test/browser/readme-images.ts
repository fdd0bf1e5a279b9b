import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { launchChromium } from '../support/chromium.ts';
import { type Demo, startDemo } from './demo.ts';
import { showUsualPorts } from './readme-page.ts';
import { askWithWrongRedirectUri, startConsent, startSignIn } from './steps.ts';

/** `npx node test/browser/readme-images.ts` takes the screenshots of the README from the running demo, into `docs/images`. */

const DIRECTORY = join(import.meta.dirname, '../../docs/images');

/** In pixels. The README shows the pictures smaller, which keeps them sharp on fine screens. */
const WIDE = { width: 800, height: 600 };
const PHONE = { width: 375, height: 720 };

interface Picture {
  name: string;
  viewport: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  reach: (page: Page, demo: Demo) => Promise<void>;
}

const THEMES = ['light', 'dark'] as const;

const PICTURES: readonly Picture[] = [
  ...THEMES.map((colorScheme) => ({
    name: `login-${colorScheme}`,
    colorScheme,
    viewport: WIDE,
    reach: login,
  })),
  ...THEMES.map((colorScheme) => ({
    name: `consent-${colorScheme}`,
    colorScheme,
    viewport: PHONE,
    reach: (page: Page, { app }: Demo) => startConsent(page, app),
  })),
  { name: 'error', viewport: { width: 660, height: 600 }, reach: askWithWrongRedirectUri },
];

async function login(page: Page, { app }: Demo): Promise<void> {
  await startSignIn(page, app);
  await page.getByLabel('Username').fill(DEMO_ACCOUNT.username);
  await page.getByLabel('Password', { exact: true }).fill(DEMO_ACCOUNT.password);
}

async function take(browser: Browser, demo: Demo, picture: Picture): Promise<void> {
  const { name, viewport, colorScheme = 'light', reach } = picture;
  await demo.renewAlice();
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  await reach(page, demo);
  await showUsualPorts(page, demo);
  const path = join(DIRECTORY, `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  await context.close();
  console.log(`docs/images/${name}.png ${Math.ceil(statSync(path).size / 1000)} kB`);
}

mkdirSync(DIRECTORY, { recursive: true });
const browser = await launchChromium();
const demo = await startDemo();
try {
  for (const picture of PICTURES) await take(browser, demo, picture);
} finally {
  await browser.close();
  await demo.stop();
}
