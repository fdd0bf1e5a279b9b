import { authorizationRequest, WEB } from '../support/flow.ts';
import { addAuthenticatorApp, type App } from '../support/second-factor.ts';
import { pageOf, type Walk, walk, type WalkOptions } from '../support/sign-in-walk.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'curiouser-and-curiouser';
const SESSION = 'signet_session';
const STRICT = 'strict';

/** Sign-ins with several steps: nothing is reached before the last one, and no step can be skipped. */
describe('G: the steps of a sign-in', () => {
  const client = {
    client_secret: 'a-secret-of-more-than-32-characters',
    redirect_uris: [WEB.redirectUri],
    scope: 'openid',
  };
  const stage = useStage({
    clients: [
      { ...client, client_id: 'app', first_party: true },
      { ...client, client_id: STRICT, first_party: true, mfa: 'required' },
    ],
  });
  let number = 0;

  interface Person {
    id: string;
    username: string;
    password: string;
    app: App;
  }

  async function addPerson(): Promise<Person> {
    const person = await addWithoutApp();
    return { ...person, app: await addApp(person) };
  }

  async function addWithoutApp() {
    number += 1;
    const username = `stepper-${number}`;
    const { id } = await stage.operator.accounts.add({ username, password: PASSWORD });
    return { id, username, password: PASSWORD };
  }

  const addApp = async (account: { id: string; username: string }): Promise<App> =>
    await addAuthenticatorApp({ store: stage.store, config: stage.server.config }, account);

  const go = async (
    person: Parameters<typeof walk>[1],
    { clientId = 'app', ...options }: WalkOptions & { clientId?: string } = {},
  ): Promise<Walk> =>
    await walk(stage.issuer, person, {
      ...options,
      parameters: { client_id: clientId, scope: 'openid', ...options.parameters },
    });

  /** A browser that has passed the password, at the page of the second factor. */
  async function halfway(person: Person): Promise<{ agent: UserAgent; url: URL; csrf: string }> {
    const agent = new UserAgent();
    const { url, html } = await go(person, { agent, until: 'second-factor' });
    return { agent, url, csrf: csrfOf(html) };
  }

  const csrfOf = (html: string): string => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const secondFactor = (csrf: string, code: string) => ({ csrf, method: 'totp', code });
  const silent = async (agent: UserAgent): Promise<string> => {
    const parameters = { client_id: 'app', scope: 'openid', prompt: 'none' };
    const { url } = await agent.follow(authorizationRequest(stage.issuer, parameters).url);
    return url.searchParams.get('error') ?? 'code';
  };
  /** What a browser has reached. */
  const reached = async (agent: UserAgent): Promise<string> =>
    `${agent.cookie(SESSION) === undefined ? 'no session' : 'session'}, ${await silent(agent)}`;
  /** The end of a sign-in that a response leads to. */
  const end = async (agent: UserAgent, response: Response): Promise<string> => {
    const location = response.headers.get('location');
    if (location === null) return `${response.status} ${pageOf(await response.text())}`;
    const { url, response: last } = await agent.follow(new URL(location, stage.issuer));
    if (url.searchParams.has('code')) return 'code';
    return url.searchParams.get('error') ?? `${last.status} ${pageOf(await last.text())}`;
  };

  row(
    'G30',
    'the password alone, of a person with a second factor',
    'no session, login_required',
    async () => {
      const { agent } = await halfway(await addPerson());
      return await reached(agent);
    },
  );

  row('G30', 'the address where the engine resumes, after the password', '400 no code', async () => {
    const { agent, url } = await halfway(await addPerson());
    const [, , uid] = url.pathname.split('/');
    const { response, url: last } = await agent.follow(new URL(`/authorize/${uid}`, stage.issuer));
    return `${response.status} ${last.searchParams.has('code') ? 'code' : 'no code'}`;
  });

  row('G31', 'the form of a later step, first', '400 error; 400 error; 303 login', async () => {
    const person = await addPerson();
    const agent = new UserAgent();
    const { url, html } = await go(person, { agent, until: 'login' });
    const at = (step: string) => new URL(`${url.pathname}/${step}`, stage.issuer);
    const csrf = csrfOf(html);
    const code = await agent.post(at('second_factor'), secondFactor(csrf, person.app.next()));
    const consent = await agent.post(at('consent'), { csrf });
    const page = await agent.get(at('second_factor'));
    const { response } = await agent.follow(at('second_factor'));
    return [
      `${code.status} ${pageOf(await code.text())}`,
      `${consent.status} ${pageOf(await consent.text())}`,
      `${page.status} ${pageOf(await response.text())}`,
    ].join('; ');
  });

  row('G31', 'a method that the account does not have', '400 error, no session, login_required', async () => {
    const { agent, url, csrf } = await halfway(await addPerson());
    const response = await agent.post(url, { csrf, method: 'security_key', code: '000000' });
    return `${await end(agent, response)}, ${await reached(agent)}`;
  });

  row('G32', 'the second factor in another browser', '400 cookies, no session', async () => {
    const person = await addPerson();
    const { url, csrf } = await halfway(person);
    const other = new UserAgent();
    const response = await other.post(url, secondFactor(csrf, person.app.next()));
    return `${await end(other, response)}, ${other.cookie(SESSION) === undefined ? 'no session' : 'session'}`;
  });

  row(
    'G32',
    'the password in one sign-in, the second factor in another one',
    '400 error; 400 error',
    async () => {
      const person = await addPerson();
      const { agent, csrf } = await halfway(person);
      const { url, html } = await go(person, { agent, until: 'login' });
      const at = new URL(`${url.pathname}/second_factor`, stage.issuer);
      const foreign = await agent.post(at, secondFactor(csrf, person.app.next()));
      const own = await agent.post(at, secondFactor(csrfOf(html), person.app.next()));
      return `${await end(agent, foreign)}; ${await end(agent, own)}`;
    },
  );

  row(
    'G32',
    'the second factor of another account',
    '400 second-factor, no session, login_required',
    async () => {
      const [victim, mallory] = [await addPerson(), await addPerson()];
      const { agent, url, csrf } = await halfway(victim);
      const response = await agent.post(url, secondFactor(csrf, mallory.app.next()));
      return `${await end(agent, response)}, ${await reached(agent)}`;
    },
  );

  row('G33', 'an account that changes between the steps', '400 error; 400 error', async () => {
    const answers: string[] = [];
    for (const change of ['setPassword', 'disable'] as const) {
      const person = await addPerson();
      const { agent, url, csrf } = await halfway(person);
      if (change === 'disable') await stage.operator.accounts.disable(person.id);
      else await stage.operator.accounts.setPassword(person.id, 'another-rabbit-hole');
      answers.push(await end(agent, await agent.post(url, secondFactor(csrf, person.app.next()))));
    }
    return answers.join('; ');
  });

  /** A browser with a session by password, at the page of the second factor for a client that requires one. */
  async function steppingUp() {
    const person = await addWithoutApp();
    const agent = new UserAgent();
    await go(person, { agent });
    const app = await addApp(person);
    const { url, html } = await go({ ...person, app }, { agent, clientId: STRICT, until: 'second-factor' });
    return { person, app, agent, url, csrf: csrfOf(html) };
  }

  row('G33', 'a session that ends during the step-up', '400 expired-interaction each', async () => {
    const answers = new Set<string>();
    for (const how of ['session', 'password', 'everywhere'] as const) {
      const { person, app, agent, url, csrf } = await steppingUp();
      const { accounts, sessions } = stage.operator;
      const [session] = (await sessions.list(person.id, { limit: 1 })).sessions;
      if (how === 'session') await sessions.end(person.id, session?.handle ?? '');
      else if (how === 'everywhere') await accounts.signOut(person.id);
      else await accounts.setPassword(person.id, 'another-rabbit-hole');
      const response = await agent.post(url, secondFactor(csrf, app.next()));
      answers.add(await end(agent, response));
    }
    return `${[...answers].join()} each`;
  });

  row(
    'G33',
    'a session that ends after the step-up, before it resumes',
    '400 no code, login_required',
    async () => {
      const { person, app, agent, url, csrf } = await steppingUp();
      const response = await agent.post(url, secondFactor(csrf, app.next()));
      const { sessions } = stage.operator;
      const [session] = (await sessions.list(person.id, { limit: 1 })).sessions;
      await sessions.end(person.id, session?.handle ?? '');
      const { response: last, url: at } = await agent.follow(String(response.headers.get('location')));
      return `${last.status} ${at.searchParams.has('code') ? 'code' : 'no code'}, ${await silent(agent)}`;
    },
  );

  row('G34', 'the session id at a step-up', 'a new one; the old one alone: login_required', async () => {
    const { app, agent, url, csrf } = await steppingUp();
    const old = agent.cookie(SESSION)?.value;
    await end(agent, await agent.post(url, secondFactor(csrf, app.next())));
    const thief = new UserAgent();
    thief.setCookie(`${SESSION}=${old}; path=/`, stage.issuer);
    const isNew = agent.cookie(SESSION)?.value !== old && (await silent(agent)) === 'code';
    return `${isNew ? 'a new one' : 'the same'}; the old one alone: ${await silent(thief)}`;
  });

  row('G34', 'a session id that was planted before the sign-in', 'another one', async () => {
    const attacker = new UserAgent();
    await go(await addWithoutApp(), { agent: attacker });
    const value = attacker.cookie(SESSION)?.value;
    const agent = new UserAgent();
    agent.setCookie(`${SESSION}=${value}; path=/`, stage.issuer);
    await go(await addPerson(), { agent, parameters: { prompt: 'login' } });
    return agent.cookie(SESSION)?.value === value ? 'the planted one' : 'another one';
  });

  row(
    'G35',
    'the form of the second factor without its token, of another site, with GET',
    '403 403 403 200; the code is good still: code',
    async () => {
      const person = await addPerson();
      const { agent, url, csrf } = await halfway(person);
      const code = person.app.next();
      const statuses = [
        await agent.post(url, secondFactor('', code)),
        await agent.post(url, secondFactor(csrf, code), { 'Sec-Fetch-Site': 'cross-site' }),
        await agent.post(url, secondFactor(csrf, code), { Origin: 'https://evil.example' }),
        await agent.get(new URL(`?${new URLSearchParams(secondFactor(csrf, code)).toString()}`, url)),
      ].map(({ status }) => status);
      return `${statuses.join(' ')}; the code is good still: ${await end(agent, await agent.post(url, secondFactor(csrf, code)))}`;
    },
  );

  row(
    'G36',
    'a remembered device: of another account, planted, after a new password, after 30 days',
    'second-factor each',
    async () => {
      const [alice, bob] = [await addPerson(), await addPerson()];
      const pages: string[] = [];
      const remembered = async (person: Person): Promise<UserAgent> => {
        const agent = new UserAgent();
        await go(person, { agent, second: { remember: 'yes' } });
        agent.forget(({ key }) => key === SESSION);
        return agent;
      };
      const tryAs = async (person: Person, agent: UserAgent, password = PASSWORD): Promise<void> => {
        const done = await go({ ...person, password }, { agent, until: 'second-factor' });
        pages.push(done.pages.at(-1) ?? '');
      };
      await tryAs(bob, await remembered(alice));
      const planted = new UserAgent();
      planted.setCookie(`signet_device=${'A'.repeat(43)}; path=/`, stage.issuer);
      await tryAs(alice, planted);
      await stage.advance(60);
      const before = await remembered(alice);
      await stage.operator.accounts.setPassword(alice.id, 'another-rabbit-hole');
      await tryAs(alice, before, 'another-rabbit-hole');
      const old = await remembered(bob);
      await stage.advance(30 * 86_400 + 1);
      await tryAs(bob, old);
      return `${[...new Set(pages)].join()} each`;
    },
  );

  row(
    'G37',
    'acr_values that the sign-in does not reach',
    'password: PasswordProtectedTransport',
    async () => {
      const agent = new UserAgent();
      const parameters = { acr_values: 'phr https://refeds.org/profile/mfa' };
      const walked = await go(await addWithoutApp(), { agent, parameters });
      const [session] = await sessionsOf(agent);
      return `password: ${walked.url.searchParams.has('code') ? session : 'no code'}`;
    },
  );

  /** The `acr` that the session of a browser says, as an ID token has it. */
  async function sessionsOf(agent: UserAgent): Promise<string[]> {
    const stored = await stage.store.artifacts.find('Session', agent.cookie(SESSION)?.value ?? '');
    return [String(stored?.acr).split(':').at(-1) ?? ''];
  }

  row(
    'G38',
    'the code of the built-in client, which passes through the browser',
    '400 invalid_grant',
    async () => {
      const { username } = await addWithoutApp();
      const agent = new UserAgent();
      const { response, url } = await agent.follow(new URL('/account', stage.issuer));
      const csrf = csrfOf(await response.text());
      let next = await agent.post(`${url.href}/login`, { csrf, login: username, password: PASSWORD });
      let code: string | null = null;
      while (code === null && next.headers.has('location')) {
        const location = new URL(next.headers.get('location') ?? '', stage.issuer);
        code = location.searchParams.get('code');
        next = await agent.get(location);
      }
      if (code === null) return 'no code';
      const redeemed = await fetch(new URL('/token', stage.issuer), {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: 'signet-account',
          code,
          redirect_uri: `${stage.issuer}/account/signed-in`,
          code_verifier: 'x'.repeat(43),
        }),
      });
      return `${redeemed.status} ${((await redeemed.json()) as { error: string }).error}`;
    },
  );
});
