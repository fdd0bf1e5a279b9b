import assert from 'node:assert/strict';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { standaloneStyle } from '../../src/pages/standalone-style.ts';
import { LONG } from '../support/long-form.ts';
import { checkAccessibility } from './accessibility.ts';

/** Elements of a page without their texts: pages with the same ones are one state. */
const STRUCTURE = `JSON.stringify([document.body.dataset.page,
  ...[...document.querySelectorAll('main, main *')].map((element) => [element.tagName, element.className, element.hidden])])`;

const IS_TOO_WIDE = 'document.documentElement.scrollWidth > innerWidth';

/** Of the page that shows it, so that axe is loaded once. */
const COPY = `(html) => {
  const copy = new DOMParser().parseFromString(html, 'text/html');
  for (const element of copy.querySelectorAll('script, link, iframe')) element.removeAttribute('src');
  document.replaceChild(document.adoptNode(copy.documentElement), document.documentElement);
}`;

const RUN = `axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;

/**
 * Looks at each state of a page once: axe finds nothing, and nothing is beside the screen. In the short form axe is left out: it looks at the
 * samples of all pages in `page-samples.slow.test.ts`.
 */
export class PageStates {
  readonly #seen = new Set<string>();
  readonly #viewers = new Map<string, Promise<Page>>();

  /** @param options of the browser that shows the page, of which axe sees a copy: it needs scripts */
  async check(browser: Browser, page: Page, options: BrowserContextOptions): Promise<void> {
    const { viewport = null, colorScheme = null } = options;
    assert.equal(await page.evaluate<boolean>(IS_TOO_WIDE), false, `${page.url()} is too wide`);
    if (!LONG) return;
    const look = JSON.stringify([viewport, colorScheme]);
    const state = look + (await page.evaluate<string>(STRUCTURE));
    if (this.#seen.has(state)) return;
    this.#seen.add(state);
    let viewer = this.#viewers.get(look);
    if (viewer === undefined)
      this.#viewers.set(look, (viewer = openViewer(browser, { viewport, colorScheme })));
    const copy = await viewer;
    await copy.evaluate(`(${COPY})(${JSON.stringify(await page.content())})`);
    assert.deepEqual(await copy.evaluate<string[]>(RUN), [], page.url());
  }
}

async function openViewer(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const page = await browser.newPage(options);
  // Leaves axe in the page.
  await checkAccessibility(page, ['document-title']);
  await page.evaluate(
    `document.adoptedStyleSheets = [new CSSStyleSheet()]; void document.adoptedStyleSheets[0].replaceSync(${JSON.stringify(standaloneStyle())})`,
  );
  return page;
}
