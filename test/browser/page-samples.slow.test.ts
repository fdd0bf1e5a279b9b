import assert from 'node:assert/strict';
import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import type { RenderMail } from '../../src/mail/rendered-mail.ts';
import { createMessages } from '../../src/messages/messages.ts';
import { standaloneStyle } from '../../src/pages/standalone-style.ts';
import { createMailRenderer } from '../../src/pages/mail.ts';
import { createPages, type Pages } from '../../src/pages/views.ts';
import { ISSUER, MAIL_SAMPLES } from '../pages/mail-samples.ts';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { itLong, LONG } from '../support/long-form.ts';
import { LONG as LONGER_WORDS, RIGHT_TO_LEFT, writePseudoLocales } from '../support/pseudo-locales.ts';
import { pageSamples, type Sample } from './page-samples.ts';

const PHONE = 360;
const WIDE = 1280;

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

/** Pixels: a text that mixes directions has another width. */
const TOLERANCE = 3;

/** Boxes whose edges from the left in one direction are not those from the right in the other. */
const NOT_MIRRORED = `(() => {
  // What has a direction of its own, such as a list of codes, stays.
  const boxes = [...document.querySelectorAll(${JSON.stringify(BOXES)})].filter(
    (element) => (element.offsetWidth > 0 || element.tagName === 'svg') && !element.closest('body [dir]'));
  const edges = (direction) => {
    document.documentElement.dir = direction;
    const width = document.documentElement.clientWidth;
    return boxes.map((element) => {
      const { left, right } = element.getBoundingClientRect();
      return direction === 'rtl' ? [width - right, width - left] : [left, right];
    });
  };
  const [ltr, rtl] = [edges('ltr'), edges('rtl')];
  const isFar = (index) => ltr[index].some((edge, side) => Math.abs(edge - rtl[index][side]) > ${TOLERANCE});
  return boxes.filter((element, index) => isFar(index)).map((element) => 'not mirrored: ' + element.outerHTML.slice(0, 80));
})()`;

/** What axe finds, by the rules with these ids or by all. */
const violations = (rules?: string[]): string =>
  `axe.run(document, ${JSON.stringify({
    iframes: false,
    resultTypes: ['violations'],
    ...(rules !== undefined && { runOnly: rules }),
  })}).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;

/** Shows the documents one after the other, and collects what an expression finds in each. */
const lookAt = (all: readonly Document[], find: string): string => `(async () => {
  const problems = [];
  for (const [name, html] of ${JSON.stringify(all)}) {
    const { documentElement } = new DOMParser().parseFromString(html, 'text/html');
    document.replaceChild(document.adoptNode(documentElement), document.documentElement);
    problems.push(...(await ${find}).map((problem) => name + ': ' + problem));
  }
  return problems;
})()`;

type Document = readonly [name: string, html: string];

describe('samples of all pages', function () {
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
    samples = Object.entries(await pageSamples());
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

  const pageDocuments = (language: string): Document[] =>
    samples.map(([name, sample]) => [name, inlined(sample, language)]);

  /** The long form looks at all samples; the short one at the longest of each page, which have nearly all kinds of elements. */
  const chosenPages = (language: string): Document[] => {
    const all = pageDocuments(language);
    if (LONG) return all;
    const pageOf = new Map(samples.map(([name, [page]]) => [name, page]));
    return [...Map.groupBy(all, ([name]) => pageOf.get(name)).values()].map((ofPage) =>
      ofPage.reduce((longest, other) => (other[1].length > longest[1].length ? other : longest)),
    );
  };

  const mailDocuments = (language: string): Document[] =>
    MAIL_SAMPLES.map(({ name, content }) => [
      `the mail ${name}`,
      renderMail(name, { ...content, language }).html,
    ]);

  /** @param find an expression with the problems of the document that is shown */
  async function findNothing(
    all: readonly Document[],
    find: string,
    { width, colorScheme = 'light' }: { width: number; colorScheme?: 'light' | 'dark' },
  ): Promise<void> {
    const viewport = { width, height: 740 };
    const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' });
    await page.setContent('<!DOCTYPE html><title>none</title>');
    await page.evaluate(axe.source);
    assert.deepEqual(await page.evaluate<string[]>(lookAt(all, find)), []);
    await page.close();
  }

  // On a wide screen the text is on a plain card; axe cannot judge colours on the phone's gradient.
  it('pass axe', () => findNothing(chosenPages('en'), violations(), { width: WIDE }));

  it('have contrast in the dark colours', () =>
    findNothing(chosenPages('en'), violations(['color-contrast']), { width: WIDE, colorScheme: 'dark' }));

  itLong('pass axe in a language that is written from right to left', () =>
    findNothing(pageDocuments(RIGHT_TO_LEFT), violations(), { width: WIDE }),
  );

  // Those that are written from right to left are as long.
  itLong('have room for longer words', () =>
    findNothing([...pageDocuments(LONGER_WORDS), ...mailDocuments(LONGER_WORDS)], OVERFLOWING, {
      width: PHONE,
    }),
  );

  for (const [width, choose] of [
    [PHONE, pageDocuments],
    [WIDE, chosenPages],
  ] as const) {
    it(`have room for longer words from right to left, and are mirrored, at ${width} pixels`, () =>
      findNothing(
        [...choose(RIGHT_TO_LEFT), ...mailDocuments(RIGHT_TO_LEFT)],
        `[...${OVERFLOWING}, ...${NOT_MIRRORED}]`,
        { width },
      ));
  }
});
