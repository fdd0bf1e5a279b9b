import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import type { Page } from 'playwright-core';
import { startTestServer } from '../support/server.ts';
import { checkAccessibility } from './accessibility.ts';
import type { Demo } from './demo.ts';
import { setStage, type Visitor } from './stage.ts';
import {
  arrive,
  askWithWrongRedirectUri,
  enter,
  follow,
  press,
  signInToApp,
  startConsent,
  startSelection,
  startSignIn,
} from './steps.ts';

/** Each page, how to get there from an empty tab, and the status it comes with when that is not 200. */
const PAGES: Readonly<
  Record<string, { reach: (page: Page, demo: Demo) => Promise<unknown>; status?: number }>
> = {
  'sign-in': { reach: (page, { app }) => startSignIn(page, app) },
  'sign-in after a wrong password': {
    status: 400,
    async reach(page, { app }) {
      await startSignIn(page, app);
      await enter(page, 'looking-glass');
      await page.getByRole('alert').waitFor();
    },
  },
  'the selection of an account': {
    async reach(page, demo) {
      await signInToApp(page, demo.app);
      await startSelection(page, demo);
    },
  },
  consent: { reach: (page, { app }) => startConsent(page, app) },
  'a sign-in that is over': {
    status: 400,
    async reach(page, { app }) {
      await signInToApp(page, app);
      await page.goBack();
      await arrive(page, 'This sign-in is over');
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
  'sign-out': {
    async reach(page, { app, issuer }) {
      await signInToApp(page, app);
      await page.goto(`${issuer}/logout`);
      await arrive(page, 'Sign out?');
    },
  },
  'still signed in': {
    async reach(page, { app, issuer }) {
      await signInToApp(page, app);
      await page.goto(`${issuer}/logout`);
      await press(page, 'Stay signed in');
      await arrive(page, 'You are still signed in');
    },
  },
  'home with a session': {
    async reach(page, { app, issuer }) {
      await signInToApp(page, app);
      await page.goto(issuer);
      await arrive(page, 'You are signed in');
    },
  },
  'signed-out': { reach: (page, { issuer }) => page.goto(`${issuer}/logout/success`) },
  home: { reach: (page, { issuer }) => page.goto(issuer) },
  'the sample app before sign-in': { reach: (page, { app }) => page.goto(app) },
  'the sample app after sign-in': {
    async reach(page, { app }) {
      await signInToApp(page, app);
      await press(page, 'Read messages');
      await page.getByText('200 OK').waitFor();
    },
  },
  'the sample app after a cancel': {
    async reach(page, { app }) {
      await startSignIn(page, app);
      await follow(page, 'Cancel');
      await arrive(page, 'You cancelled');
    },
  },
  'the sample app after a refusal': { status: 400, reach: (page, { app }) => page.goto(`${app}/callback`) },
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

describe('in a browser: every page is accessible in both themes, fits a phone and has its headers', function () {
  this.timeout(60_000);
  const stage = setStage();

  for (const [name, { reach, status = 200 }] of Object.entries(PAGES)) {
    it(name, async () => {
      const visitor = await stage.visit({ reducedMotion: 'reduce' });
      const last = lastPage(visitor.page);
      await reach(visitor.page, stage.demo);
      const { headers, status: received } = last();
      assert.equal(received, status);
      for (const [header, expected] of Object.entries(HEADERS)) {
        assert.match(headers[header] ?? '', expected, header);
      }
      await assertGood(visitor);
      const refused = `Failed to load resource: the server responded with a status of ${status} (${STATUS_CODES[status]})`;
      assert.deepEqual(visitor.complaints, status >= 400 ? [refused] : []);
    });
  }

  it('home with the demo’s credentials', async () => {
    const server = await startTestServer();
    try {
      const visitor = await stage.visit({ reducedMotion: 'reduce' });
      await visitor.page.goto(server.issuer);
      await visitor.page.getByText('wonderland-tea-party').waitFor();
      await assertGood(visitor);
      assert.deepEqual(visitor.complaints, []);
    } finally {
      await server.stop();
    }
  });
});

/** axe finds nothing, the dark colours have contrast too, and on a phone nothing sticks out at the side. */
async function assertGood({ page }: Visitor): Promise<void> {
  // On a wide screen the text is on a plain card; axe cannot judge colours on the phone's gradient.
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
  await assertAccessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await assertAccessible(page, ['color-contrast']);
  await page.setViewportSize({ width: 360, height: 740 });
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

/** Records status and headers of the last HTML page. */
function lastPage(page: Page): () => { status: number; headers: Record<string, string> } {
  let last = { status: 0, headers: {} as Record<string, string> };
  page.on('response', (response) => {
    const headers = response.headers();
    if (response.request().isNavigationRequest() && headers['content-type']?.startsWith('text/html')) {
      last = { status: response.status(), headers };
    }
  });
  return () => last;
}
