import { decodeJwt } from 'jose';
import { authorizationRequest, redeem, token, WEB } from '../support/flow.ts';
import { appCode } from '../support/authenticator-app.ts';
import { Authenticator } from '../support/authenticator.ts';
import { passkeyForm } from '../support/html-form.ts';
import { addAuthenticatorApp } from '../support/second-factor.ts';
import { pageOf, walk } from '../support/sign-in-walk.ts';
import { UserAgent } from '../support/user-agent.ts';
import { permitEnrolment } from './support/permit.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'mock-turtle-gryphon-quadrille';
const SECRET = 'a-secret-of-more-than-32-characters';
const APP = {
  client_secret: SECRET,
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid groups offline_access',
} as const;
const MINUTE = 60;
const MFA = 'https://refeds.org/profile/mfa';

/** Accounts, sessions and what a thief of the password keeps of them. */
describe('M: the account and its sessions', () => {
  const stage = useStage({
    mfa: { groups: { needy: 'required' } },
    lifetimes: { groups: { guarded: { session: '30m', sessionMaximum: '2h' }, watched: { session: '3h' } } },
    clients: [
      { ...APP, client_id: 'own', first_party: true },
      { ...APP, client_id: 'asking' },
      {
        ...APP,
        client_id: 'text',
        first_party: true,
        claim_names: { groups: { name: 'groups', shape: 'text' } },
      },
    ],
  });

  let count = 0;
  async function addPerson(groups?: string[]) {
    const username = `m-person-${(count += 1)}`;
    const claims = groups === undefined ? {} : { groups };
    const { id, generation } = await stage.operator.accounts.add({ username, password: PASSWORD, claims });
    return { id, generation, username, password: PASSWORD };
  }
  type Person = Awaited<ReturnType<typeof addPerson>> & { app?: { next(): string } };

  const go = async (
    person: Person,
    agent: UserAgent,
    parameters: Record<string, string> = {},
    until?: string,
  ) =>
    await walk(stage.issuer, person, {
      agent,
      parameters: { client_id: 'own', scope: 'openid', ...parameters },
      ...(until !== undefined && { until }),
    });
  const silent = async (agent: UserAgent): Promise<string> => {
    const parameters = { client_id: 'own', scope: 'openid', prompt: 'none' };
    const { url } = await agent.follow(authorizationRequest(stage.issuer, parameters).url);
    return url.searchParams.get('error') ?? 'code';
  };
  const page = async (agent: UserAgent, path: string) => {
    const { response, url } = await agent.follow(new URL(path, stage.issuer));
    return { url, html: await response.text(), status: response.status };
  };
  const client = { id: 'own', secret: SECRET, redirectUri: WEB.redirectUri };

  /** A browser that has signed in with the password, and a refresh token that needs no session. */
  async function signedIn(person: Person) {
    const agent = new UserAgent();
    const parameters = { scope: 'openid offline_access', prompt: 'consent' };
    let { url, html, request } = await go(person, agent, parameters, 'consent');
    if (html !== '') ({ url } = await agent.submit({ url, html }, {}));
    const code = url.searchParams.get('code') ?? '';
    const { body } = await redeem(stage.issuer, code, request, client);
    return { agent, refresh: body.refresh_token as string };
  }
  const refreshed = async (refresh: string): Promise<string> => {
    const { response, body } = await token(
      stage.issuer,
      { grant_type: 'refresh_token', refresh_token: refresh },
      client,
    );
    return response.status === 200 ? 'tokens' : String(body.error);
  };

  /** Adds a first factor at its page. */
  const enrolments = {
    authenticator: async (agent: UserAgent) => {
      const enrolment = await page(agent, '/account/authenticator');
      const secret = /<code class="secret"[^>]*>([^<]+)</.exec(enrolment.html)?.[1] ?? '';
      return await agent.submit(enrolment, { code: appCode(secret), action: 'confirm' });
    },
    passkey: async (agent: UserAgent) => {
      const { url, html } = await page(agent, '/account/passkeys/add');
      const { fields, options } = passkeyForm(html);
      const credential = new Authenticator(stage.issuer).create(options);
      return { response: await agent.post(url, { ...fields, name: 'Key', credential }) };
    },
  };

  row(
    'M10',
    'a thief of the password, signed in before the owner enrols a first factor',
    'login_required, invalid_grant; the owner: recovery-codes, account, another session id each',
    async () => {
      const seen = new Set<string>();
      for (const enrol of Object.values(enrolments)) {
        const person = await addPerson();
        const thief = await signedIn(person);
        const { agent } = await signedIn(person);
        await permitEnrolment(stage, agent, person);
        const before = agent.cookie('signet_session')?.value;
        const codes = pageOf(await (await enrol(agent)).response.text());
        const own = pageOf((await page(agent, '/account')).html);
        const id = agent.cookie('signet_session')?.value === before ? 'the same' : 'another';
        const lost = `${await silent(thief.agent)}, ${await refreshed(thief.refresh)}`;
        seen.add(`${lost}; the owner: ${codes}, ${own}, ${id} session id`);
      }
      return `${[...seen].join(' | ')} each`;
    },
  );

  row(
    'M16',
    'a required factor, used to enrol it: asked for again in this browser',
    `${MFA} | ${MFA}`,
    async () => {
      const seen: string[] = [];
      for (const enrol of Object.values(enrolments)) {
        const person = await addPerson(['needy']);
        const agent = new UserAgent();
        await permitEnrolment(stage, agent, person);
        await agent.submit(await page(agent, '/account'), { login: person.username, password: PASSWORD });
        await enrol(agent);
        const parameters = { client_id: 'own', scope: 'openid', prompt: 'none', acr_values: MFA };
        const request = authorizationRequest(stage.issuer, parameters);
        const { searchParams } = (await agent.follow(request.url)).url;
        const { body } = await redeem(stage.issuer, searchParams.get('code') ?? '', request, client);
        seen.push(String(searchParams.get('error') ?? decodeJwt(String(body.id_token)).acr));
      }
      return seen.join(' | ');
    },
  );

  row(
    'M11',
    'a further factor, and the removal of the last one where one is required',
    'the other browser: code; removal: 400, still there',
    async () => {
      const person = await addPerson(['needy']);
      const { store, server } = stage;
      const app = await addAuthenticatorApp({ store, config: server.config }, person);
      const [other, agent] = [new UserAgent(), new UserAgent()];
      for (const each of [other, agent]) await go({ ...person, app }, each);
      await stage.advance(31);
      await enrolments.passkey(agent);
      const kept = await silent(other);
      await stage.operator.store.accounts.update(person.id, ({ details }) => ({
        details: { ...details, factors: { totp: details?.factors?.totp } },
      }));
      const form = await page(agent, '/account/authenticator');
      const { response } = await agent.submit(form, { action: 'remove' });
      const after = await stage.operator.accounts.find(person.id);
      const isThere = after?.details?.factors?.totp !== undefined;
      return `the other browser: ${kept}; removal: ${response.status}, ${isThere ? 'still there' : 'gone'}`;
    },
  );

  row(
    'M12',
    'max_age, with the page of consent or of the second factor left open for longer',
    'consent: login, code; in time: code; second factor: login, second-factor, code',
    async () => {
      const asking = { client_id: 'asking', max_age: '120' };
      const answers: string[] = [];
      for (const seconds of [150, 60]) {
        const person = await addPerson();
        const agent = new UserAgent();
        const consent = await go(person, agent, asking, 'consent');
        await stage.advance(seconds);
        answers.push(await walkOn(person, agent, consent));
      }
      const person = await addPerson();
      const agent = new UserAgent();
      await go(person, agent);
      const { store, server } = stage;
      const app = await addAuthenticatorApp({ store, config: server.config }, person);
      await stage.advance(100);
      const stepping = { max_age: '120', acr_values: MFA };
      const second = await go({ ...person, app }, agent, stepping, 'second-factor');
      await stage.advance(60);
      answers.push(await walkOn({ ...person, app }, agent, second));
      const [late, inTime, stepUp] = answers;
      return `consent: ${late}; in time: ${inTime}; second factor: ${stepUp}`;
    },
  );

  row(
    'M13',
    'another tab that uses a second factor, or signs in with less, while the page of consent is open',
    'stronger: kept; less: second-factor, code',
    async () => {
      const mfa = { acr_values: MFA };
      const { store, server } = stage;
      const person = await addPerson();
      const agent = new UserAgent();
      const consent = await go(person, agent, { client_id: 'asking' }, 'consent');
      const app = await addAuthenticatorApp({ store, config: server.config }, person);
      await go({ ...person, app }, agent, mfa);
      await walkOn(person, agent, consent);
      const again = await go({ ...person, app }, agent, mfa);
      const kept = again.pages.length === 0 ? 'kept' : again.pages.join();
      const other = await addPerson();
      const otherApp = await addAuthenticatorApp({ store, config: server.config }, other);
      const walker = { ...other, app: otherApp };
      const browser = new UserAgent();
      await walk(stage.issuer, walker, {
        agent: browser,
        parameters: { client_id: 'own', scope: 'openid' },
        second: { remember: 'yes' },
      });
      const open = await go(walker, browser, { client_id: 'asking', prompt: 'login', ...mfa }, 'consent');
      await stage.advance(91);
      await go(walker, browser, { prompt: 'login' });
      return `stronger: ${kept}; less: ${await walkOn(walker, browser, open)}`;
    },
  );

  /** Goes on at a page that was left open. @returns the further pages, and the end */
  async function walkOn(
    person: Person,
    agent: UserAgent,
    { url, html }: { url: URL; html: string },
  ): Promise<string> {
    const pages: string[] = [];
    let at = { url, html };
    for (let count = 0; count < 6; count += 1) {
      const name = pageOf(at.html);
      const fields = {
        login: { login: person.username, password: PASSWORD },
        'second-factor': { code: person.app?.next() ?? '' },
      }[name];
      const { response, url: next } = await agent.submit(at, fields ?? {});
      if (next.searchParams.has('code')) return [...pages, 'code'].join(', ');
      at = { url: next, html: await response.text() };
      pages.push(pageOf(at.html));
    }
    return pages.join(', ');
  }

  row(
    'M14',
    'a session of a member of groups with shorter ones: unused, in use, and of who joins later',
    'unused 29 min: code, 31 min: login_required; in use until 100 min; joined: login_required, again login_required; /account: sign-in, then code',
    async () => {
      const person = await addPerson(['watched', 'guarded']);
      const agent = new UserAgent();
      await go(person, agent);
      await stage.advance(29 * MINUTE);
      const before = await silent(agent);
      await stage.advance(31 * MINUTE);
      const after = await silent(agent);
      let used = 0;
      for (await go(person, agent); (await silent(agent)) === 'code' && used < 200; used += 20)
        await stage.advance(20 * MINUTE);
      const joining = await addPerson();
      const browser = new UserAgent();
      await go(joining, browser);
      await stage.advance(40 * MINUTE);
      await stage.operator.accounts.changeClaims(joining.id, { groups: ['guarded'] });
      const joined = `${await silent(browser)}, again ${await silent(browser)}`;
      const own = await browser.get(`${stage.issuer}/account`);
      const there = own.status === 303 ? 'sign-in' : own.status;
      await go(joining, browser);
      return `unused 29 min: ${before}, 31 min: ${after}; in use until ${used - 20} min; joined: ${joined}; /account: ${there}, then ${await silent(browser)}`;
    },
  );

  row('M15', 'a group named `staff admin`, in the shape text', '["staff admin","crew"]; crew', async () => {
    const person = await addPerson(['staff admin', 'crew']);
    const seen: unknown[] = [];
    for (const id of ['own', 'text']) {
      const agent = new UserAgent();
      const { url, request } = await go(person, agent, { client_id: id, scope: 'openid groups' });
      const code = url.searchParams.get('code') ?? '';
      const { body } = await redeem(stage.issuer, code, request, { ...client, id });
      const headers = { Authorization: `Bearer ${body.access_token}` };
      const claims = await fetch(`${stage.issuer}/userinfo`, { headers });
      seen.push(((await claims.json()) as { groups: unknown }).groups);
    }
    return `${JSON.stringify(seen[0])}; ${String(seen[1])}`;
  });
});
