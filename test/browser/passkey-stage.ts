import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createLinks } from '../../src/accounts/links.ts';
import { createInvitations } from '../../src/accounts/sign-up/invitations.ts';
import type { KeyKind } from '../../src/accounts/credentials/passkey-options.ts';
import type { Authenticator } from '../support/authenticator.ts';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { authorizationRequest } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { addPasskey } from '../support/passkeys.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { collectComplaints } from './complaints.ts';
import { press } from './steps.ts';

/** A browser, a server with people who have keys, and an application that shows that it has a code: less than the whole demo. */
export interface PasskeyStage {
  readonly issuer: string;
  readonly operator: Operator;
  /**
   * Opens a fresh tab.
   * @param settings.autofill false: the browser has none, so that a virtual authenticator answers what a button asks for alone
   */
  visit(
    settings?: BrowserContextOptions & { autofill?: boolean },
  ): Promise<{ page: Page; complaints: string[] }>;
  /** Opens the sign-in of the application. */
  begin(page: Page): Promise<void>;
  /** A new person with a password and a key, and without consents. */
  person(kind?: KeyKind): Promise<{ id: string; username: string; key: Authenticator }>;
  /** The address of an invitation's page. */
  invite(address: string): Promise<string>;
  /** Types name and password on the sign-in page. */
  enter(page: Page, username: string): Promise<void>;
}

/** What the application shows. */
export const HAS_CODE = 'The application has a code';

export const PASSWORD = 'through-the-looking-glass';
const CLIENT = { client_id: 'app', client_secret: 'a-secret-of-more-than-32-characters' };

/** Milliseconds until a missing page or element is a failure. */
const PAGE_TIMEOUT_MS = 8_000;

/** Call it at the top of a `describe`. */
export function setPasskeyStage(): PasskeyStage {
  let browser: Browser | undefined;
  let server: TestServer;
  let operator: Operator;
  let callback: string;
  let people = 0;
  const app = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<link rel="icon" href="data:,"><h1>${HAS_CODE}</h1>`);
  });
  before(async function () {
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    callback = `http://localhost:${(app.address() as AddressInfo).port}/callback`;
    [browser, server] = await Promise.all([
      launchChromiumOrSkip(this),
      startTestServer({ clients: [{ ...CLIENT, redirect_uris: [callback] }] }),
    ]);
    operator = await operate(server);
  });
  afterEach(() => Promise.all(browser?.contexts().map((context) => context.close()) ?? []));
  after(async () => {
    await browser?.close();
    app.close();
    await operator?.close();
    await server?.stop();
  });

  return {
    get issuer() {
      return server.issuer;
    },
    get operator() {
      return operator;
    },
    async visit({ autofill = true, ...options } = {}) {
      if (browser === undefined) throw new Error('the browser runs during tests only');
      const context = await browser.newContext(options);
      context.setDefaultTimeout(PAGE_TIMEOUT_MS);
      if (!autofill) {
        await context.addInitScript('delete PublicKeyCredential.isConditionalMediationAvailable');
      }
      return { page: await context.newPage(), complaints: collectComplaints(context) };
    },
    async begin(page) {
      const request = authorizationRequest(server.issuer, {
        client_id: CLIENT.client_id,
        redirect_uri: callback,
      });
      await page.goto(request.url.href);
    },
    async person(kind = 'passkey') {
      people += 1;
      const added = await operator.accounts.add({ username: `person${people}`, password: PASSWORD });
      const key = await addPasskey({ config: server.config, store: operator.store }, added.id, { kind });
      return { id: added.id, username: added.username, key };
    },
    async invite(address) {
      const { store } = operator;
      const { issuer, accounts } = server.config;
      const links = createLinks({ artifacts: store.artifacts, clock: Date.now });
      const invitations = createInvitations({ store, links, accounts, issuer, clock: Date.now });
      const { url } = await invitations.add({ address, groups: [], isMailed: false, lifetime: 600 });
      return url;
    },
    async enter(page, username) {
      await page.getByLabel('Username').fill(username);
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await press(page, 'Sign in');
    },
  };
}
