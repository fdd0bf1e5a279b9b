import { pageOf } from '../support/sign-in-walk.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import {
  csrfOf,
  PASSWORD,
  type Person,
  secondFactor,
  SESSION,
  useSteppingPeople,
} from './support/stepping-people.ts';

/** Sign-ins with several steps: nothing is reached before the last one, and no step can be skipped. */
describe('G: the steps of a sign-in', () => {
  const { stage, addPerson, addWithoutApp, addApp, go, halfway, reached, end } = useSteppingPeople();

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
    'M29',
    'a device that is remembered for an app, before and after another app replaces it',
    'asked for nothing more; second-factor',
    async () => {
      const person = await addPerson();
      const lost = new UserAgent();
      await go(person, { agent: lost, second: { remember: 'yes' } });
      const again = async () => {
        lost.forget(({ key }) => key === SESSION);
        return (await go(person, { agent: lost, until: 'second-factor' })).pages.at(-1);
      };
      const before = await again();
      await stage.advance(2);
      await addApp(person);
      return `${before === 'login' ? 'asked for nothing more' : before}; ${await again()}`;
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
    '401 invalid_client',
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
