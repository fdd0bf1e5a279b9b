import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Koa from 'koa';
import { createAssets } from '../../src/pages/assets.ts';
import { createPageHeaders } from '../../src/pages/csp.ts';
import { createPages } from '../../src/pages/views.ts';
import { launchChromium } from '../support/chromium.ts';
import { checkAccessibility } from './accessibility.ts';
import { collectComplaints } from './complaints.ts';
import { LOGO, pageSamples } from './page-samples.ts';

/**
 * Screenshots of every page: `npx node test/browser/preview.ts OUTDIR [#ACCENT [PAGE [LANGUAGE]]]` writes a screenshot of each, in both themes
 * at 360 and 1280 pixels, runs axe on it, and fails when axe finds a violation or the page scrolls sideways.
 */

const WIDTHS = [360, 1280] as const;
const THEMES = ['light', 'dark'] as const;

const LINKS = [
  { label: 'Help', url: 'mailto:help@example.com' },
  { label: 'Imprint', url: 'https://example.com/imprint' },
  { label: 'Privacy', url: 'https://example.com/privacy' },
];

const [directory, color = '#3056d3', only = '', language = 'en'] = process.argv.slice(2);
if (directory === undefined) {
  console.error('usage: npx node test/browser/preview.ts OUTDIR [#ACCENT [PAGE [LANGUAGE]]]');
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
const samples = await pageSamples();
const server = application(color).listen(0, '127.0.0.1');
await once(server, 'listening');
const browser = await launchChromium();
try {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  const problems: string[] = [];
  const names = Object.keys(samples).filter((name) => only === '' || samples[name]?.[0] === only);
  for (const name of names) {
    for (const theme of THEMES) {
      for (const width of WIDTHS) {
        const file = join(directory, `${name}-${theme}-${width}.png`);
        problems.push(...(await look(`http://127.0.0.1:${address.port}/${name}`, { theme, width }, file)));
      }
    }
  }
  for (const problem of problems) console.error(problem);
  console.log(`${names.length} pages, ${problems.length} problems, screenshots in ${directory}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await browser.close();
  server.close();
}

function application(color: string): Koa {
  const assets = createAssets({ color });
  const headers = createPageHeaders('http://127.0.0.1');
  const app = new Koa();
  app.use(assets.middleware);
  app.use((ctx) => {
    const [, name = ''] = ctx.path.split('/');
    if (name === 'favicon.ico') ctx.status = 204;
    const sample = samples[name];
    ctx.type = 'html';
    if (sample === undefined) return;
    const pages = createPages({
      brand: { name: 'Signet', links: /third-party|error$|signed/.test(name) ? LINKS : [] },
      development: /development|^(login|consent)$/.test(name),
      assets,
    });
    const [page, data] = sample;
    const { style } = data as { style?: string };
    ctx.set(headers.page({ style, script: pages.scripts[page] }));
    ctx.body = pages.render(page, data, language).replace(LOGO, assets.url('logo'));
  });
  return app;
}

/** Takes one screenshot. @returns the problems of the page */
async function look(
  url: string,
  { theme, width }: { theme: (typeof THEMES)[number]; width: number },
  file: string,
): Promise<string[]> {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height: width < 600 ? 740 : 800 },
  });
  const page = await context.newPage();
  const complaints = collectComplaints(context);
  await page.goto(url);
  await page.screenshot({ path: file, fullPage: true });
  const problems = (await checkAccessibility(page)).violations.map((violation) => `axe ${violation}`);
  const sideways = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  if (sideways === true) problems.push('scrolls sideways');
  await context.close();
  return [...complaints, ...problems].map((problem) => `${file}: ${problem}`);
}
