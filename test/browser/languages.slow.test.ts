import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { RenderMail } from '../../src/mail/rendered-mail.ts';
import { createMessages } from '../../src/messages/messages.ts';
import { standaloneStyle } from '../../src/pages/standalone-style.ts';
import { createMailRenderer } from '../../src/pages/mail.ts';
import { createPages, type Pages } from '../../src/pages/views.ts';
import { ISSUER, MAIL_SAMPLES } from '../pages/mail-samples.ts';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { LONG, RIGHT_TO_LEFT, writePseudoLocales } from '../support/pseudo-locales.ts';
import { checkAccessibility } from './accessibility.ts';
import { pageSamples, type Sample } from './page-samples.ts';

const PHONE = 360;
const WIDE = 1280;

/** With the most kinds of elements; what axe looks for does not depend on the language otherwise. */
const LOOKED_AT: ReadonlySet<string> = new Set(['login-error', 'consent-unverified', 'error-development']);

/** Boxes that a language of the other direction mirrors; the order of inline content depends on its text. */
const BOXES =
  'main, header, footer, form, section, .field, .actions, .button, .avatar, .alert, .alert svg, .account svg, .sign, dl, dt, dd, ul, li, label, input, .password button, h1, h2, p';

/** Their space depends on the direction. */
const SAME_LETTERS = 'h1, .brand { letter-spacing: normal !important }';

/** Texts wider than their boxes, and whether the page scrolls sideways. */
const OVERFLOWING = `[
  ...document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [],
  ...[...document.querySelectorAll('p, h1, h2, h3, dt, dd, li, label, legend, small, summary, td, th, button, .button')]
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1)
    .map((element) => element.outerHTML.slice(0, 120)),
]`;

/** Left and right edges of the boxes in a direction. */
const edgesIn = (direction: 'ltr' | 'rtl'): string => `(() => {
  document.documentElement.dir = '${direction}';
  const width = document.documentElement.clientWidth;
  const boxes = [...document.querySelectorAll(${JSON.stringify(BOXES)})];
  const isSeen = (element) => element.offsetWidth > 0 || element.tagName === 'svg';
  // What has a direction of its own, such as a list of codes, stays.
  return boxes.filter((element) => isSeen(element) && !element.closest('body [dir]')).map((element) => {
    const { left, right } = element.getBoundingClientRect();
    const edges = ${direction === 'rtl' ? '[width - right, width - left]' : '[left, right]'};
    return [element.outerHTML.slice(0, 80), ...edges];
  });
})()`;

type Box = [html: string, left: number, right: number];

/** Pixels: a text that mixes directions has another width. */
const TOLERANCE = 3;

describe('pages in other languages', function () {
  this.timeout(120_000);
  let browser: Browser;
  let pages: Pages;
  let renderMail: RenderMail;
  let samples: [string, Sample][];
  let remove: () => void;
  before(async function () {
    browser = await launchChromiumOrSkip(this);
    const pseudo = writePseudoLocales();
    remove = pseudo.remove;
    const messages = createMessages(pseudo.locales);
    renderMail = createMailRenderer({
      messages,
      brand: { name: 'Signet', color: '#3056d3' },
      issuer: ISSUER,
    });
    pages = createPages({
      brand: { name: 'Signet', links: [{ label: 'Imprint', url: 'https://example.com/imprint' }] },
      development: true,
      assets: { url: () => 'data:,' },
      messages,
    });
    // The page for frames shows nothing.
    samples = Object.entries(await pageSamples()).filter(([, [name]]) => name !== 'check-session');
  });
  after(async () => {
    remove?.();
    await browser?.close();
  });

  const inlined = ([name, data]: Sample, language: string): string =>
    pages
      .render(name, data, language)
      .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${standaloneStyle()}</style>`)
      .replace('</head>', `<style>${SAME_LETTERS}</style></head>`)
      .replace(/<script>[^]*?<\/script>|<meta http-equiv="refresh"[^>]*>/g, '');

  const documents = (language: string): [string, string][] => [
    ...samples.map(([name, sample]): [string, string] => [name, inlined(sample, language)]),
    ...MAIL_SAMPLES.map(({ name, content }): [string, string] => [
      `the mail ${name}`,
      renderMail(name, { ...content, language }).html,
    ]),
  ];

  async function eachSample(
    language: string,
    widths: readonly number[],
    look: (page: Page, name: string) => Promise<readonly string[]>,
  ): Promise<void> {
    const problems: string[] = [];
    for (const width of widths) {
      const page = await browser.newPage({ viewport: { width, height: 740 }, javaScriptEnabled: true });
      for (const [name, html] of documents(language)) {
        await page.setContent(html, { waitUntil: 'domcontentloaded' });
        problems.push(...(await look(page, name)).map((problem) => `${name} at ${width}: ${problem}`));
      }
      await page.close();
    }
    assert.deepEqual(problems, []);
  }

  it('have room for longer words', async () => {
    await eachSample(LONG, [PHONE], async (page) => await page.evaluate<string[]>(OVERFLOWING));
  });

  it('are mirrored in a language that is written from right to left', async () => {
    await eachSample(RIGHT_TO_LEFT, [PHONE, WIDE], async (page) => {
      const [overflowing, ltr, rtl] = await page.evaluate<[string[], Box[], Box[]]>(
        `[${OVERFLOWING}, ${edgesIn('ltr')}, ${edgesIn('rtl')}]`,
      );
      const different = ltr.filter(([, left, right], index) => {
        const [, otherLeft = 0, otherRight = 0] = rtl[index] ?? [];
        return Math.abs(left - otherLeft) > TOLERANCE || Math.abs(right - otherRight) > TOLERANCE;
      });
      return [...overflowing, ...different.map((box) => `not mirrored: ${box.join(' ')}`)];
    });
  });

  it('pass axe in such a language', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 740 } });
    const problems: string[] = [];
    for (const [name, sample] of samples.filter(([each]) => LOOKED_AT.has(each))) {
      await page.setContent(inlined(sample, RIGHT_TO_LEFT), { waitUntil: 'domcontentloaded' });
      const { violations } = await checkAccessibility(page);
      problems.push(...violations.map((violation) => `${name}: ${violation}`));
    }
    assert.deepEqual(problems, []);
    await page.close();
  });
});
