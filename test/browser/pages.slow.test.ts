import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import type { Page } from 'playwright-core';
import { itLong, LONG } from '../support/long-form.ts';
import { startTestServer } from '../support/server.ts';
import { checkAccessibility } from './accessibility.ts';
import type { Demo } from './demo.ts';
import { setStage, type Visitor } from './stage.ts';
import {
  arrive,
  arriveSignedIn,
  askWithWrongRedirectUri,
  enter,
  follow,
  press,
  signInToApp,
  startConsentAgain,
  startSelection,
  startSignIn,
} from './steps.ts';

/** How to get to a page in a tab of the same person, and the status it comes with when that is not 200. */
type Pages = Readonly<
  Record<string, { reach: (page: Page, demo: Demo) => Promise<unknown>; status?: number }>
>;

const BEFORE_SIGN_IN: Pages = {
  'sign-in': { reach: (page, { app }) => startSignIn(page, app) },
  'sign-in after a wrong password': {
    status: 400,
    async reach(page, { app }) {
      await startSignIn(page, app);
      await enter(page, 'looking-glass');
      await page.getByRole('alert').waitFor();
    },
  },
  'a sign-in that waited too long': {
    status: 400,
    async reach(page, { app }) {
      await startSignIn(page, app);
      await page.context().clearCookies({ name: 'signet_interaction' });
      await page.reload();
      await page.getByRole('link', { name: 'Sign in again' }).waitFor();
    },
  },
  'a sign-in in a browser without cookies': {
    status: 400,
    async reach(page, { app }) {
      await startSignIn(page, app);
      await page.context().clearCookies();
      await page.reload();
      await arrive(page, 'Cookies are needed to sign in');
    },
  },
  'an expired sign-in of an unknown app': {
    status: 400,
    reach: (page, { issuer }) => page.goto(`${issuer}/interaction/${'x'.repeat(43)}`),
  },
  'the error of an unknown address': {
    status: 404,
    reach: (page, { issuer }) => page.goto(`${issuer}/nowhere`),
  },
  'the error of a wrong redirect URI': { status: 400, reach: askWithWrongRedirectUri },
  'signed-out': { reach: (page, { issuer }) => page.goto(`${issuer}/logout/success`) },
  home: { reach: (page, { issuer }) => page.goto(issuer) },
  'the sample app before sign-in': { reach: (page, { app }) => page.goto(app) },
  'the sample app after a cancel': {
    async reach(page, { app }) {
      await startSignIn(page, app);
      await follow(page, 'Cancel');
      await arrive(page, 'You cancelled');
    },
  },
  'the sample app after a refusal': { status: 400, reach: (page, { app }) => page.goto(`${app}/callback`) },
};

const SIGNED_IN: Pages = {
  'the sample app after sign-in': {
    async reach(page, { app }) {
      await page.goto(app);
      await press(page, 'Read messages');
      await page.getByText('200 OK').waitFor();
    },
  },
  'the selection of an account': { reach: startSelection },
  consent: { reach: (page, { app }) => startConsentAgain(page, app) },
  'a sign-in that is over': {
    status: 400,
    async reach(page, { app }) {
      await startConsentAgain(page, app);
      await press(page, 'Allow');
      await arriveSignedIn(page);
      await page.goBack();
      await arrive(page, 'This sign-in is over');
    },
  },
  'sign-out': {
    async reach(page, { issuer }) {
      await page.goto(`${issuer}/logout`);
      await arrive(page, 'Sign out?');
    },
  },
  'still signed in': {
    async reach(page, { issuer }) {
      await page.goto(`${issuer}/logout`);
      await press(page, 'Stay signed in');
      await arrive(page, 'You are still signed in');
    },
  },
  'home with a session': {
    async reach(page, { issuer }) {
      await page.goto(issuer);
      await arrive(page, 'You are signed in');
    },
  },
};

/** The headers of OWASP's list that apply to pages: against framing, sniffing, caching and referrers. */
const HEADERS: Readonly<Record<string, RegExp>> = {
  'content-security-policy':
    /^default-src 'none'; (?:script-src 'sha256-[^' ]+'; )?style-src 'self'; img-src 'self'; (?:form-action 'self'.*; )?frame-ancestors 'none'/,
  'x-frame-options': /^DENY$/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^no-referrer$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cache-control': /\bno-store\b/,
};

const PHONE = { width: 360, height: 740 };

describe('in a browser: every page fits a phone and has its headers, and no policy blocks anything', function () {
  this.timeout(60_000);
  const stage = setStage({ stays: true });
  let visitor: Visitor;
  let last: () => LastPage;

  async function open(): Promise<void> {
    visitor = await stage.visit({ reducedMotion: 'reduce', viewport: PHONE });
    last = lastPage(visitor.page);
  }

  async function assertPage(name: string, { reach, status = 200 }: Pages[string]): Promise<void> {
    visitor.complaints.length = 0;
    const { page, complaints } = visitor;
    await reach(page, stage.demo);
    const { headers, status: received } = last();
    assert.equal(received, status, name);
    for (const [header, expected] of Object.entries(HEADERS))
      assert.match(headers[header] ?? '', expected, header);
    await assertGood(page);
    const refused = `Failed to load resource: the server responded with a status of ${status} (${STATUS_CODES[status]})`;
    assert.deepEqual(complaints, status >= 400 ? [refused] : []);
  }

  describe('before a sign-in', () => {
    before(open);
    for (const [name, way] of Object.entries(BEFORE_SIGN_IN)) it(name, () => assertPage(name, way));

    itLong('home with the demo’s credentials', async () => {
      const server = await startTestServer();
      try {
        await visitor.page.goto(server.issuer);
        await visitor.page.getByText('wonderland-tea-party').waitFor();
        await assertGood(visitor.page);
      } finally {
        await server.stop();
      }
    });
  });

  describe('of a person who is signed in', () => {
    before(async () => {
      await open();
      await signInToApp(visitor.page, stage.demo.app);
    });
    for (const [name, way] of Object.entries(SIGNED_IN)) it(name, () => assertPage(name, way));
  });
});

/**
 * On a phone nothing sticks out at the side. In the long form axe finds nothing and the dark colours have contrast too; in the short form axe
 * looks at the samples of all pages in `page-samples.slow.test.ts`.
 */
async function assertGood(page: Page): Promise<void> {
  if (LONG) {
    // On a wide screen the text is on a plain card; axe cannot judge colours on the phone's gradient.
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
    await assertAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertAccessible(page, ['color-contrast']);
    await page.setViewportSize(PHONE);
  }
  const [content, window] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, innerWidth]',
  );
  assert.ok(content <= window, `${content} px wide in a window of ${window}`);
}

async function assertAccessible(page: Page, rules?: string[]): Promise<void> {
  const { violations, passed } = await checkAccessibility(page, rules);
  assert.deepEqual(violations, []);
  assert.ok(passed.includes('color-contrast'));
}

interface LastPage {
  status: number;
  headers: Record<string, string>;
}

/** Records status and headers of the last HTML page. */
function lastPage(page: Page): () => LastPage {
  let last: LastPage = { status: 0, headers: {} };
  page.on('response', (response) => {
    const headers = response.headers();
    if (response.request().isNavigationRequest() && headers['content-type']?.startsWith('text/html')) {
      last = { status: response.status(), headers };
    }
  });
  return () => last;
}
