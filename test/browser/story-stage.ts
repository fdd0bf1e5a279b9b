import assert from 'node:assert/strict';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { ConfigInput } from '../../src/config/schema.ts';
import { createMessages } from '../../src/messages/messages.ts';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { LONG } from '../support/long-form.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { addAuthenticatorApp, type App } from '../support/second-factor.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { collectComplaints } from './complaints.ts';
import { PageStates } from './page-states.ts';
import { SamplePrograms } from './sample-programs.ts';
import { Visitor } from './story-visitor.ts';

/** Where and how a story is played. The short form of the tests plays each in one setting, in turn; the long form in all. */
export interface Setting {
  name: string;
  language: 'en' | 'de';
  options: BrowserContextOptions;
}

const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 900 };

/** Pages work without scripts, but for passkeys. */
const SETTINGS: readonly Setting[] = [
  {
    name: 'phone, English',
    language: 'en',
    options: { viewport: PHONE, locale: 'en-GB', colorScheme: 'dark' },
  },
  {
    name: 'wide, German',
    language: 'de',
    options: { viewport: WIDE, locale: 'de-DE', colorScheme: 'light' },
  },
  {
    name: 'phone, German, no scripts',
    language: 'de',
    options: { viewport: PHONE, locale: 'de-DE', javaScriptEnabled: false },
  },
  {
    name: 'wide, English, no scripts',
    language: 'en',
    options: { viewport: WIDE, locale: 'en-GB', colorScheme: 'dark', javaScriptEnabled: false },
  },
];

export interface StoryPerson {
  id: string;
  username: string;
  password: string;
  email: string;
}

export interface Scene {
  setting: Setting;
  /** A new browser. */
  visit(): Promise<Visitor>;
  /** A new person with a password and a verified address. */
  person(claims?: Record<string, unknown>): Promise<StoryPerson>;
  /** One with an authenticator app. */
  personWithApp(): Promise<StoryPerson & { codes: App }>;
}

/** What a story cannot do without. */
interface Needs {
  /** It is played in the long form alone. */
  long?: boolean;
  scripts?: boolean;
  wide?: boolean;
}

export interface Stories {
  readonly server: TestServer;
  readonly operator: Operator;
  readonly issuer: string;
  /** Address of the sample app. */
  readonly app: string;
  play(name: string, story: (scene: Scene) => Promise<void>, needs?: Needs): void;
}

const SECRET = 'a-secret-of-more-than-32-characters';
const APP_SCOPE = 'openid profile email offline_access messages:read messages:write';
const PASSWORD = 'mock-turtle-gryphon-quadrille';

/** Frames of mails have no keys. */
const NO_AUTOFILL =
  "if ('PublicKeyCredential' in window) delete PublicKeyCredential.isConditionalMediationAvailable";

/** Milliseconds until a missing page or element is a failure. */
const PAGE_TIMEOUT_MS = 8_000;

/**
 * Chromium, a server, the sample app and the sample API, in this process. Call it at the top of a `describe`.
 * @param input of the server, with the address of the sample app
 */
export function setStories(input: (app: string) => Partial<ConfigInput> = () => ({})): Stories {
  const messages = createMessages();
  const states = new PageStates();
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];
  let browser: Browser;
  let server: TestServer;
  let operator: Operator;
  let samples: SamplePrograms | undefined;
  let app: string;
  let people = 0;
  let stories = 0;

  before(async function () {
    samples = await SamplePrograms.listen();
    const { api } = samples;
    app = samples.app;
    [browser, server] = await Promise.all([
      launchChromiumOrSkip(this),
      startTestServer(configuration({ api, app }, input(app))),
    ]);
    operator = await operate(server);
    samples.serve(server.issuer, { clientId: 'app', clientSecret: SECRET });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    // Chromium says it of every form that is shown again, and of refusals.
    const others = complaints.splice(0).filter((text) => !/status of 4\d\d/.test(text));
    assert.deepEqual(others, []);
  });
  after(async () => {
    await browser?.close();
    samples?.close();
    await operator?.close();
    await server?.stop();
  });

  function sceneOf(setting: Setting): Scene {
    const person = async (more: Record<string, unknown> = {}): Promise<StoryPerson> => {
      const username = `person-${(people += 1)}`;
      const email = `${username}@example.com`;
      const claims = {
        name: 'Alice Liddell',
        email,
        email_verified: true,
        locale: setting.language,
        ...more,
      };
      const account = { username, password: PASSWORD, skipPasswordRules: true, claims };
      const { id } = await operator.accounts.add(account);
      return { id, username, password: PASSWORD, email };
    };
    return {
      setting,
      async visit() {
        const { language, options } = setting;
        const context = await browser.newContext(options);
        contexts.push(context);
        context.setDefaultTimeout(PAGE_TIMEOUT_MS);
        // A virtual authenticator answers what a button asks for alone.
        await context.addInitScript(NO_AUTOFILL);
        const found = collectComplaints(context);
        context.on('close', () => complaints.push(...found));
        const inspect = (page: Page) => states.check(browser, page, options);
        const { issuer } = server;
        const mails = () => mailsOf(server);
        return new Visitor(await context.newPage(), { issuer, messages, language, inspect, mails });
      },
      person,
      async personWithApp() {
        const added = await person();
        const codes = await addAuthenticatorApp({ store: operator.store, config: server.config }, added);
        return { ...added, codes };
      },
    };
  }

  return {
    get server() {
      return server;
    },
    get operator() {
      return operator;
    },
    get issuer() {
      return server.issuer;
    },
    get app() {
      return app;
    },
    play(name, story, needs = {}) {
      const setting = SETTINGS[stories % SETTINGS.length] as Setting;
      if (needs.long !== true) stories += 1;
      const short = needs.long === true ? [] : [setting];
      for (const each of LONG ? SETTINGS : short) {
        const played = withNeeds(each, needs);
        it(`${name} (${played.name})`, () => story(sceneOf(played)));
      }
    },
  };
}

function withNeeds({ name, language, options }: Setting, { scripts = false, wide = false }: Needs): Setting {
  const named = scripts ? name.replace(', no scripts', '') : name;
  return {
    name: wide ? named.replace('phone', 'wide') : named,
    language,
    options: { ...options, ...(scripts && { javaScriptEnabled: true }), ...(wide && { viewport: WIDE }) },
  };
}

function configuration(
  { api, app }: { api: string; app: string },
  { clients = [], ...input }: Partial<ConfigInput>,
): Partial<ConfigInput> {
  return {
    demo: false,
    signUp: 'open',
    apis: [
      {
        audience: api,
        name: 'Messages',
        scopes: { 'messages:read': 'Read your messages', 'messages:write': 'Write messages' },
      },
    ],
    clients: [
      {
        client_id: 'app',
        client_name: 'Sample App',
        client_secret: SECRET,
        client_uri: app,
        redirect_uris: [`${app}/callback`],
        post_logout_redirect_uris: [`${app}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: APP_SCOPE,
      },
      ...clients,
    ],
    ...input,
  };
}
