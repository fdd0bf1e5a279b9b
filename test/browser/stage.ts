import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { collectComplaints } from './complaints.ts';
import { type Demo, startDemo } from './demo.ts';

/** Milliseconds until a missing page or element is a failure. */
const PAGE_TIMEOUT_MS = 8_000;

/** A browser context of one person. */
export interface Visitor {
  context: BrowserContext;
  /** The first tab. */
  page: Page;
  /** Console messages and script errors of all tabs. */
  complaints: string[];
}

export interface Stage {
  readonly demo: Demo;
  /** Opens a fresh browser context with an empty tab. It closes with the test, or with the suite where people stay. */
  visit(options?: BrowserContextOptions): Promise<Visitor>;
}

/**
 * Call it at the top of a `describe`: starts Chromium and the demo for its tests, and gives each test a new alice without consents.
 * @param options.stays one alice for all tests, whose browsers stay open
 */
export function setStage({ stays = false }: { stays?: boolean } = {}): Stage {
  let browser: Browser | undefined;
  let demo: Demo | undefined;

  before(async function () {
    browser = await launchChromiumOrSkip(this);
    demo = await startDemo();
  });
  (stays ? before : beforeEach)(() => demo?.renewAlice());
  (stays ? after : afterEach)(() => Promise.all(browser?.contexts().map((context) => context.close()) ?? []));
  after(async () => {
    await browser?.close();
    await demo?.stop();
  });

  return {
    get demo() {
      if (demo === undefined) throw new Error('the demo runs during tests only');
      return demo;
    },
    async visit(options = {}) {
      if (browser === undefined) throw new Error('the browser runs during tests only');
      const context = await browser.newContext(options);
      context.setDefaultTimeout(PAGE_TIMEOUT_MS);
      const complaints = collectComplaints(context);
      return { context, page: await context.newPage(), complaints };
    },
  };
}
