import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Koa, { type Context } from 'koa';
import type { BrowserContext } from 'playwright-core';
import { createMessages } from '../../src/messages/messages.ts';
import { createAssets } from '../../src/pages/assets.ts';
import { createPageHeaders } from '../../src/pages/csp.ts';
import { createMailRenderer } from '../../src/pages/mail.ts';
import { createPages } from '../../src/pages/views.ts';
import { ISSUER, MAIL_SAMPLES } from '../pages/mail-samples.ts';
import { launchChromium } from '../support/chromium.ts';
import { LONG, RIGHT_TO_LEFT, writePseudoLocales } from '../support/pseudo-locales.ts';
import { checkAccessibility } from './accessibility.ts';
import { collectComplaints } from './complaints.ts';
import { LOGO, MAIL_FRAME, pageSamples, type Sample } from './page-samples.ts';

/**
 * Screenshots of every page and mail: `npx node test/browser/preview.ts OUTDIR [#ACCENT [PAGE [LANGUAGE]]]` writes a screenshot of each, in both
 * themes at 360 and 1280 pixels, and the text of each mail. It runs axe on each, and fails when axe finds a violation, the browser complains
 * or the page scrolls sideways. PAGE is the name of a page, of a sample, or `mails`; LANGUAGE also one of the invented ones.
 */

const WIDTHS = [360, 1280] as const;
const THEMES = ['light', 'dark'] as const;

/** A page without words for people: it is loaded in frames, where nothing of it is seen. */
const UNSEEN: ReadonlySet<string> = new Set(['check-session']);

/** What axe finds and is meant: rules by pages. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  // The page leads on after three seconds, its button at once: nothing is lost that a person has typed or wants to read (WCAG 2.2 §2.2.1).
  'signing-out': ['meta-refresh'],
};

/** Its script leads on at once. */
const LEAVING: ReadonlySet<string> = new Set(['signing-out']);

const LINKS = [
  { label: 'Help', url: 'mailto:help@example.com' },
  { label: 'Imprint', url: 'https://example.com/imprint' },
  { label: 'Privacy', url: 'https://example.com/privacy' },
];

const [outputDirectory = '', color = '#3056d3', only = '', language = 'en'] = process.argv.slice(2);
if (outputDirectory === '') {
  console.error('usage: npx node test/browser/preview.ts OUTDIR [#ACCENT [PAGE [LANGUAGE]]]');
  process.exit(2);
}
mkdirSync(outputDirectory, { recursive: true });
const pseudo = language === LONG || language === RIGHT_TO_LEFT ? writePseudoLocales() : undefined;
const messages = createMessages(pseudo?.locales);
const samples = await pageSamples();
const renderMail = createMailRenderer({ messages, brand: { name: 'Signet', color }, issuer: ISSUER });
const mails = new Map(
  MAIL_SAMPLES.map(({ name, content }) => [`mail-${name}`, renderMail(name, { ...content, language })]),
);
const server = application().listen(0, '127.0.0.1');
await once(server, 'listening');
const browser = await launchChromium();
try {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  const names = [
    ...Object.entries(samples).filter(([name, [page]]) => isWanted(name, page) && !UNSEEN.has(page)),
    ...[...mails].filter(([name]) => isWanted(name, 'mails')),
  ].map(([name]) => name);
  for (const [name, { subject, text }] of mails)
    if (isWanted(name, 'mails')) writeFileSync(join(outputDirectory, `${name}.txt`), `${subject}\n\n${text}`);
  const origin = `http://127.0.0.1:${address.port}`;
  const problems: string[] = [];
  for (const colorScheme of THEMES) {
    for (const width of WIDTHS) {
      const viewport = { width, height: width < 600 ? 740 : 800 };
      const context = await browser.newContext({ colorScheme, viewport });
      problems.push(...(await lookAll(context, { origin, names, kind: `${colorScheme}-${width}` })));
      await context.close();
    }
  }
  for (const problem of problems) console.error(problem);
  console.log(
    `${names.length} pages and mails, ${problems.length} problems, screenshots in ${outputDirectory}`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await browser.close();
  server.close();
  pseudo?.remove();
}

function isWanted(name: string, page: string): boolean {
  return only === '' || only === name || only === page;
}

function application(): Koa {
  const assets = createAssets({ color });
  const headers = createPageHeaders('http://127.0.0.1');
  const app = new Koa();
  app.use(assets.middleware);
  app.use((ctx) => {
    const [, name = ''] = ctx.path.split('/');
    if (name === 'favicon.ico') ctx.status = 204;
    const mail = mails.get(ctx.path === MAIL_FRAME ? 'mail-passwordReset' : name);
    if (mail !== undefined) return showMail(ctx, mail.html);
    const sample = samples[name];
    if (sample === undefined) return;
    const pages = createPages({
      brand: { name: 'Signet', links: /third-party|error$|signed/.test(name) ? LINKS : [] },
      development: /development|^(login|consent)$/.test(name),
      assets,
      messages,
    });
    const [page, data] = LEAVING.has(sample[0]) ? withoutScript(sample) : sample;
    const { style } = data as { style?: string };
    const frames = page === 'mail' ? [`http://${ctx.host}${MAIL_FRAME}`] : [];
    ctx.set(headers.page({ style, script: pages.scripts[page], frames }));
    ctx.type = 'html';
    ctx.body = pages.render(page, data, language).replace(LOGO, assets.url('logo'));
  });
  return app;
}

function withoutScript([page, data]: Sample): Sample {
  return [page, { ...data, script: '' }] as Sample;
}

/** As the inbox of development does. */
function showMail(ctx: Context, html: string): void {
  ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  ctx.type = 'html';
  ctx.body = html;
}

/** Takes a screenshot of each. @param kind of the pictures, in the names of their files @returns the problems */
async function lookAll(
  context: BrowserContext,
  { origin, names, kind }: { origin: string; names: readonly string[]; kind: string },
): Promise<string[]> {
  const page = await context.newPage();
  // A page that leads on after a while stays.
  await context.route(
    (url) => url.origin !== origin,
    (route) => route.fulfill({ status: 204 }),
  );
  const complaints = collectComplaints(context);
  const problems: string[] = [];
  for (const name of names) {
    complaints.length = 0;
    await page.goto(`${origin}/${name}`);
    await page.screenshot({ path: join(outputDirectory, `${name}-${kind}.png`), fullPage: true });
    const { violations } = await checkAccessibility(page);
    const unmeant = violations.filter((text) => !MEANT[name]?.includes(text.split(':')[0] ?? ''));
    const sideways = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    problems.push(
      ...[...complaints, ...unmeant, ...(sideways === true ? ['scrolls sideways'] : [])].map(
        (problem) => `${name}-${kind}: ${problem}`,
      ),
    );
  }
  return problems;
}
