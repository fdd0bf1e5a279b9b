import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { collectComplaints } from './complaints.ts';
import { type Demo, startDemo } from './demo.ts';

/** Milliseconds until a page that does not come is a failure. */
const PATIENCE = 8_000;

/** A person with a browser of their own. */
export interface Visitor {
  context: BrowserContext;
  /** The first tab. */
  page: Page;
  /** Console messages and script errors of all tabs. */
  complaints: string[];
}

export interface Stage {
  readonly demo: Demo;
  /** A browser without a past, in front of an empty tab. It closes with the test. */
  visit(options?: BrowserContextOptions): Promise<Visitor>;
}

/** For the top of a `describe`: Chromium and the demo around its tests, and in each test an alice who has allowed nothing yet. */
export function setStage(): Stage {
  let browser: Browser | undefined;
  let demo: Demo | undefined;

  before(async function () {
    browser = await launchChromiumOrSkip(this);
    demo = await startDemo();
  });
  beforeEach(() => demo?.renewAlice());
  afterEach(() => Promise.all(browser?.contexts().map((context) => context.close()) ?? []));
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
      context.setDefaultTimeout(PATIENCE);
      const complaints = collectComplaints(context);
      return { context, page: await context.newPage(), complaints };
    },
  };
}
