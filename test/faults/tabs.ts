import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { type AuthorizationRequest, authorizationRequest, redeem, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { figure } from '../support/reporter.ts';
import { UserAgent } from '../support/user-agent.ts';

/** Two tabs of one browser that act at the same instant, each over a connection of its own: the requests reach different processes. */

/** The servers of an issuer. */
export interface Servers {
  issuer: string;
  /** The requests are distributed over these. */
  ports: readonly number[];
}

/** What a tab shows. */
interface Page {
  url: URL;
  status: number;
  html: string;
}

/** Applications that nobody has consented to yet: two tests need one for each of their rounds. */
const newAppsFor = (rounds: number): (typeof WEB)[] =>
  Array.from({ length: 2 * rounds }, (_, index) => ({
    id: `app-${index}`,
    secret: `secret-of-the-application-${index}`,
    redirectUri: WEB.redirectUri,
  }));

/** The clients that the servers need. @param rounds of each test */
export function tabClients(rounds: number): object[] {
  return newAppsFor(rounds).map(({ id, secret, redirectUri }) => ({
    client_id: id,
    client_secret: secret,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile email',
  }));
}

/** A tab shares its cookies with the other tabs of its browser. */
class Tab {
  readonly #browser: UserAgent;
  readonly #servers: Servers;
  #sent: number;

  /** @param index of the tab, so that the first requests of two tabs go to different servers */
  constructor(browser: UserAgent, servers: Servers, index: number) {
    this.#browser = browser;
    this.#servers = servers;
    this.#sent = index;
  }

  /** Opens a page, and follows redirects while they stay at the issuer. */
  async open(start: URL, fields?: Record<string, string>): Promise<Page> {
    let [url, form] = [start, fields && new URLSearchParams(fields).toString()];
    for (let hops = 0; hops < 10; hops += 1) {
      const { response, html } = await this.#send(url, form);
      const { location } = response.headers;
      const status = response.statusCode ?? 0;
      if (location === undefined) return { url, status, html };
      [url, form] = [new URL(location, url), undefined];
      if (url.origin !== start.origin) return { url, status, html };
    }
    throw new Error('too many redirects');
  }

  submit({ url, html }: Page, fields: Record<string, string>): Promise<Page> {
    const form = formOf(html);
    return this.open(new URL(form.action, url), { ...form.fields, ...fields });
  }

  async #send(url: URL, form: string | undefined): Promise<{ response: IncomingMessage; html: string }> {
    const { ports } = this.#servers;
    this.#sent += 1;
    const sent = request({
      host: '127.0.0.1',
      port: ports[this.#sent % ports.length],
      path: url.pathname + url.search,
      method: form === undefined ? 'GET' : 'POST',
      agent: false,
      headers: {
        Host: url.host,
        Accept: 'text/html',
        Cookie: this.#browser.cookieHeader(url),
        ...(form !== undefined && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      },
    });
    sent.end(form);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    for (const cookie of response.headers['set-cookie'] ?? []) this.#browser.setCookie(cookie, url);
    return { response, html: await text(response) };
  }
}

/** What is left for a tab to do: `code` when its application has an answer. */
function stepOf({ url, status, html }: Page): string {
  if (url.searchParams.has('code')) return 'code';
  if (url.searchParams.has('error')) return url.searchParams.get('error') as string;
  if (html.includes('id="password"')) return 'sign-in';
  return html.includes('asks for access') ? 'consent' : `${status} ${url.pathname.split('/')[1]}`;
}

const { username, password } = DEMO_ACCOUNT;
const FIELDS: Readonly<Record<string, Record<string, string>>> = {
  'sign-in': { login: username, password },
  consent: {},
};

/** Submits the steps of both tabs, each step of both at the same instant, until neither has one of those that are expected. */
async function finish(
  tabs: readonly Tab[],
  start: readonly Page[],
  expected: readonly string[],
): Promise<Page[]> {
  let pages = [...start];
  for (const step of expected) {
    pages = await Promise.all(
      pages.map(async (page, index) =>
        stepOf(page) === step ? await tabs[index]!.submit(page, FIELDS[step]!) : page,
      ),
    );
  }
  return pages;
}

/**
 * Defines the tests of two tabs, in a `describe`.
 * @param where called when the tests run; the servers have the clients of `tabClients`
 * @param who name of the servers, for the figures
 */
export function itAsksNoTabTwice(where: () => Servers, who: string, rounds: number): void {
  /** By `state`. */
  const requests = new Map<string, { request: AuthorizationRequest; app: typeof WEB }>();
  const newApps = newAppsFor(rounds).values();

  /** What a tab ends with: `tokens`, or what is left for it to do. */
  const endOf = async (page: Page): Promise<string> => {
    const sent = requests.get(page.url.searchParams.get('state') ?? '');
    const code = page.url.searchParams.get('code');
    if (code === null || sent === undefined) return stepOf(page);
    const { response, body } = await redeem(where().issuer, code, sent.request, sent.app);
    return response.status === 200 ? 'tokens' : String(body.error);
  };

  const inRounds = async (
    what: string,
    round: (tabs: readonly [Tab, Tab]) => Promise<Page[]>,
  ): Promise<void> => {
    const ends: string[] = [];
    for (let count = 0; count < rounds; count += 1) {
      const browser = new UserAgent();
      const pages = await round([new Tab(browser, where(), 0), new Tab(browser, where(), 1)]);
      ends.push(...(await Promise.all(pages.map(endOf))));
    }
    const needless = ends.filter((end) => end !== 'tokens');
    figure(`${what}, ${who}: ${needless.length} of ${ends.length} asked again`);
    assert.deepEqual(needless, []);
  };
  const authorize = (parameters: Record<string, string> = {}, app = WEB): URL => {
    const request = authorizationRequest(where().issuer, { client_id: app.id, ...parameters });
    requests.set(request.state, { request, app });
    return request.url;
  };

  /** A session, and consent to everything that the tabs request. */
  const signIn = async (tab: Tab): Promise<void> => {
    const [end] = await finish([tab], [await tab.open(authorize())], ['sign-in', 'consent']);
    assert.equal(end && stepOf(end), 'code');
  };

  it('that both sign in', () =>
    inRounds('two sign-ins at once', async (tabs) => {
      const app = newApps.next().value;
      const pages = await Promise.all(tabs.map((tab) => tab.open(authorize({}, app))));
      return await finish(tabs, pages, ['sign-in', 'consent']);
    }));

  it('that both sign in again', () =>
    inRounds('two repeated sign-ins at once', async (tabs) => {
      await signIn(tabs[0]);
      const pages = await Promise.all(tabs.map((tab) => tab.open(authorize({ prompt: 'login' }))));
      return await finish(tabs, pages, ['sign-in']);
    }));

  it('that both consent', () =>
    inRounds('two consents at once', async (tabs) => {
      await signIn(tabs[0]);
      const pages = await Promise.all(tabs.map((tab) => tab.open(authorize({ prompt: 'consent' }))));
      return await finish(tabs, pages, ['consent']);
    }));

  it('that both consent for the first time', () =>
    inRounds('two first consents at once', async ([one, other]) => {
      const app = newApps.next().value;
      const first = await one.submit(await one.open(authorize({}, app)), FIELDS['sign-in']!);
      const pages = [first, await other.open(authorize({}, app))];
      assert.deepEqual(pages.map(stepOf), ['consent', 'consent']);
      return await finish([one, other], pages, ['consent']);
    }));

  it('of which one consents while the other opens an application', () =>
    inRounds('a consent and a request at once', async ([one, other]) => {
      await signIn(one);
      const page = await one.open(authorize({ prompt: 'consent' }));
      return await Promise.all([one.submit(page, {}), other.open(authorize())]);
    }));

  it('of which one signs in again while the other opens an application', () =>
    inRounds('a repeated sign-in and three requests at once', async ([one, other]) => {
      await signIn(one);
      const page = await one.open(authorize({ prompt: 'login' }));
      const open = async (): Promise<Page> => await other.open(authorize());
      return await Promise.all([one.submit(page, { login: username, password }), open(), open(), open()]);
    }));

  it('that both open an application', () =>
    inRounds('two requests at once', async (tabs) => {
      await signIn(tabs[0]);
      return await Promise.all(tabs.map((tab) => tab.open(authorize())));
    }));
}
