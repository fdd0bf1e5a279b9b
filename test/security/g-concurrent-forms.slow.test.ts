import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { burst } from '../support/burst.ts';
import { authorizationRequest, signIn, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { LONG } from '../support/long-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ROUNDS = LONG ? 8 : 1;
const AT_ONCE = 3;
const ALICE = { login: DEMO_ACCOUNT.username, password: DEMO_ACCOUNT.password };
const HATTER = { login: 'hatter', password: 'no-room-no-room' };
const SECRET = 'a-secret-of-more-than-32-characters';

interface Page {
  url: URL;
  html: string;
}

/** A form that is submitted three times, a page that two tabs reload: each request gets a response, and one leads to a code. */
describe('G: concurrent requests for one step of a sign-in', () => {
  const stage = useStage({
    clients: [
      { client_id: 'ours', client_secret: SECRET, redirect_uris: [WEB.redirectUri], first_party: true },
    ],
  });
  before(() =>
    stage.operator.accounts.add({ username: HATTER.login, password: HATTER.password, claims: {} }),
  );

  after('nothing failed on our side', () => {
    const failures = stage.logged.split('\n').filter((line) => /"level":"(?:error|fatal)"/.test(line));
    assert.deepEqual(failures, []);
  });

  async function begin(agent: UserAgent, parameters: Record<string, string> = {}): Promise<Page> {
    const { url, response } = await agent.follow(authorizationRequest(stage.issuer, parameters).url);
    return { url, html: await response.text() };
  }

  const cancelOf = ({ html, url }: Page): URL =>
    new URL(/id="cancel" href="([^"]+)"/.exec(html)?.[1] as string, url);

  /** Concurrent requests of one browser, with a shared jar or copies of it. @returns the results, sorted */
  async function together(
    agent: UserAgent,
    shared: boolean,
    act: (agent: UserAgent) => Promise<{ response: Response; url: URL }>,
  ): Promise<string[]> {
    const agents = Array.from({ length: AT_ONCE }, () => (shared ? agent : agent.clone()));
    const ends = await Promise.all(agents.map(act));
    const seen = await Promise.all(
      ends.map(async ({ response, url }) => {
        if (url.origin !== stage.issuer) {
          await response.body?.cancel();
          return `R(${url.searchParams.get('error') ?? (url.searchParams.has('code') ? 'code' : 'nothing')})`;
        }
        return await answer(stage, response);
      }),
    );
    return seen.sort();
  }

  async function rounds(expected: string, run: (shared: boolean) => Promise<string[]>): Promise<string> {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const shared of [true, false]) {
        const seen = await run(shared);
        const [first, ...others] = [expected, ...seen.filter((each) => each !== expected)];
        assert.equal(seen.filter((each) => each === first).length, 1, `${seen.join()}, shared: ${shared}`);
        assert.ok(
          others.every((each) => each === '400 page'),
          seen.join(),
        );
      }
    }
    return `one ${expected}`;
  }

  row('G21', 'a sign-in form', 'one R(code)', () =>
    rounds('R(code)', async (shared) => {
      const agent = new UserAgent();
      const page = await begin(agent, { client_id: 'ours' });
      return await together(agent, shared, (each) => each.submit(page, ALICE));
    }),
  );

  row('G21', 'a sign-in form, in a session of another account', 'one R(code)', () =>
    rounds('R(code)', async (shared) => {
      const agent = new UserAgent();
      await agent.submit(await begin(agent, { client_id: 'ours' }), HATTER);
      const page = await begin(agent, { client_id: 'ours', prompt: 'login' });
      return await together(agent, shared, async (each) => {
        const end = await each.submit(page, ALICE);
        if (end.url.origin !== stage.issuer || end.response.status !== 200) return end;
        return await each.submit({ url: end.url, html: await end.response.text() }, {});
      });
    }),
  );

  row('G21', 'a consent form', 'one R(code)', () =>
    rounds('R(code)', async (shared) => {
      const agent = new UserAgent();
      const next = await agent.submit(await begin(agent, { prompt: 'consent' }), ALICE);
      const page = { url: next.url, html: await next.response.text() };
      return await together(agent, shared, (each) => each.submit(page, {}));
    }),
  );

  for (const step of ['login', 'consent']) {
    row('G21', `“Cancel” at ${step}`, 'one R(access_denied)', () =>
      rounds('R(access_denied)', async (shared) => {
        const agent = new UserAgent();
        let page = await begin(agent, { prompt: 'consent' });
        if (step === 'consent') {
          const next = await agent.submit(page, ALICE);
          page = { url: next.url, html: await next.response.text() };
        }
        return await together(agent, shared, (each) => each.follow(cancelOf(page)));
      }),
    );
  }

  row('G21', 'a sign-in form and its resume URL, concurrently', 'one code', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const agent = new UserAgent();
      const page = await begin(agent, { client_id: 'ours' });
      const { action, fields } = formOf(page.html);
      const send = (path: string, body?: string) => {
        const headers = { Accept: 'text/html', Cookie: agent.cookieHeader(new URL(path, stage.issuer)) };
        const request = { path, host: stage.host, headers, ...(body !== undefined && { body }) };
        return burst([stage.server.port], request, 6);
      };
      const form = new URLSearchParams({ ...fields, ...ALICE }).toString();
      const submitted = await send(action, form);
      assert.deepEqual([...new Set(submitted.map(({ status }) => status))], [303]);
      const to = (await agent.post(new URL(action, page.url), { ...fields, ...ALICE })).headers.get(
        'location',
      );
      const { pathname } = new URL(to as string);
      const [resumed, late] = await Promise.all([send(pathname), send(action, form)]);
      const codes = resumed.filter(({ status, body }) => status === 303 && body.includes('code='));
      assert.equal(codes.length, 1);
      assert.equal(resumed.filter(({ status }) => status === 400).length, resumed.length - 1);
      assert.deepEqual([...new Set(late.map(({ status }) => status))], [303]);
    }
    return 'one code';
  });

  for (const [what, fields, target] of [
    ['Sign out', { logout: 'yes' }, () => 'http://localhost:3002/?state=s'],
    ['Stay signed in', {}, () => `${stage.issuer}/logout/success?client_id=${WEB.id}`],
  ] as const) {
    row('G21', `“${what}”`, 'one response each', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { agent } = await signIn(stage.issuer);
        const query = new URLSearchParams({
          client_id: WEB.id,
          post_logout_redirect_uri: 'http://localhost:3002/',
          state: 's',
        });
        const { url, response } = await agent.follow(`${stage.issuer}/logout?${query.toString()}`);
        const page = { url, html: await response.text() };
        const ends = await Promise.all(Array.from({ length: AT_ONCE }, () => agent.submit(page, fields)));
        for (const end of ends) assert.equal(end.url.href, target());
        const silent = await agent.get(authorizationRequest(stage.issuer, { prompt: 'none' }).url);
        const seen = await answer(stage, silent);
        // “Stay signed in” still ends the session at the requesting application.
        const staying = ['R(code)', 'R(consent_required)'];
        assert.ok((what === 'Sign out' ? ['R(login_required)'] : staying).includes(seen), seen);
      }
      return 'one response each';
    });
  }

  row('G21', '“Sign out” again, with a forged cookie', '303 /logout, 400 page without a cookie', async () => {
    const { agent } = await signIn(stage.issuer);
    const { url, response } = await agent.follow(`${stage.issuer}/logout?client_id=${WEB.id}`);
    const page = { url, html: await response.text() };
    const { action, fields } = formOf(page.html);
    const send = () => agent.post(new URL(action, url), { ...fields, logout: 'yes' });
    assert.equal(await answer(stage, await send()), '303 /logout');
    const hint = agent.cookie('signet_logout') ?? assert.fail('no hint');
    for (const address of [
      'https://evil.example/',
      `${stage.issuer}/authorize/../${'x'.repeat(40)}`,
      `${stage.issuer}.evil.example/authorize/${'x'.repeat(43)}`,
      `${stage.issuer}/authorize/${'x'.repeat(43)}@evil.example`,
      7,
    ]) {
      const forged = { clientId: WEB.id, postLogoutRedirectUri: address, state: ['s'] };
      hint.value = Buffer.from(JSON.stringify(forged)).toString('base64url');
      const again = await send();
      assert.equal(again.headers.get('location'), `${stage.issuer}/logout/success?client_id=${WEB.id}`);
    }
    const seen = [await answer(stage, await send())];
    for (const value of ['', 'x', Buffer.from('null').toString('base64url')]) {
      hint.value = value;
      seen.push(await answer(stage, await send()));
    }
    assert.deepEqual([...new Set(seen)], ['303 /logout', '400 page']);
    return '303 /logout, 400 page without a cookie';
  });

  row('G21', 'the page “Sign out?”', '200 each', async () => {
    const { agent } = await signIn(stage.issuer);
    const pages = await Promise.all(
      Array.from({ length: AT_ONCE }, () => agent.get(`${stage.issuer}/logout`)),
    );
    assert.deepEqual(
      pages.map(({ status }) => status),
      [200, 200, 200],
    );
    return '200 each';
  });
});
