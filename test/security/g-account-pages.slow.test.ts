import assert from 'node:assert/strict';
import { AccountPages } from '../support/account-page.ts';
import { eventually } from '../support/eventually.ts';
import { signIn, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const HOSTILE = '"><script>alert(1)</script>';
const APP = {
  client_id: 'hostile',
  client_name: HOSTILE,
  client_secret: 'a-secret-of-more-than-32-characters',
  redirect_uris: [WEB.redirectUri],
  scope: 'openid',
};
const PASSWORD = 'mock-turtle-gryphon-quadrille';

/** The pages, and a form of each that would change something. */
const FORMS: Readonly<Record<string, Record<string, string>>> = {
  '/account/profile': { name: 'Mallory' },
  '/account/password': { current: PASSWORD, new: 'a-password-of-the-attacker' },
  '/account/sessions': { others: 'yes' },
  '/account/apps': { client: 'hostile' },
  '/account/data': {},
};

describe('G: the pages of /account', () => {
  const stage = useStage({ clients: [APP] });

  let count = 0;
  async function newPerson() {
    const username = `person-${(count += 1)}`;
    const { id } = await stage.operator.accounts.add({
      username,
      password: PASSWORD,
      claims: { name: username },
    });
    const person = { id, username };
    return { ...person, ...(await signedIn(person)) };
  }

  async function signedIn({ username }: { username: string }) {
    const agent = new UserAgent();
    agent.headers['User-Agent'] = `Mozilla/5.0 ${HOSTILE} Firefox/140.0 ${HOSTILE}`;
    const client = { id: APP.client_id, secret: APP.client_secret, redirectUri: WEB.redirectUri };
    const person = { username, password: PASSWORD };
    await signIn(stage.issuer, { agent, client, person, parameters: { scope: 'openid' } });
    return { agent, pages: new AccountPages(stage.issuer, agent) };
  }

  /** What the forms change. */
  async function stateOf({ id }: { id: string }) {
    const { details, ...account } = (await stage.operator.accounts.find(id)) ?? {};
    const { sessions } = await stage.operator.sessions.list(id, { limit: 99 });
    const { consents } = await stage.operator.consents.list(id, { limit: 99 });
    return { account, details, sessions: sessions.map(({ handle }) => handle), consents };
  }

  row(
    'G70',
    'a form without its token, with that of another page, from another site',
    '403, nothing changed',
    async () => {
      const { agent, pages, ...person } = await newPerson();
      await signedIn(person);
      const before = await stateOf(person);
      const other = await pages.token('/account/sessions');
      for (const [path, fields] of Object.entries(FORMS)) {
        const csrf = await pages.token(path);
        const forgeries: [Record<string, string>, Record<string, string>][] = [
          [{}, {}],
          [{ csrf: 'x' }, {}],
          [path === '/account/sessions' ? {} : { csrf: other }, {}],
          [{ csrf }, { Origin: 'https://evil.example' }],
          [{ csrf }, { 'Sec-Fetch-Site': 'cross-site' }],
          [{ csrf }, { 'Sec-Fetch-Site': 'same-site' }],
        ];
        for (const [token, headers] of forgeries) {
          const response = await agent.post(stage.issuer + path, { ...fields, ...token }, headers);
          assert.equal(response.status, 403, `${path} ${JSON.stringify([token, headers])}`);
        }
      }
      assert.deepEqual(await stateOf(person), before);
      return '403, nothing changed';
    },
  );

  row('G71', 'every page in a frame, in a cache, in a referrer', 'refused', async () => {
    const { agent } = await newPerson();
    for (const path of ['/account', '/account/activity', ...Object.keys(FORMS)]) {
      const { headers, status } = await agent.get(stage.issuer + path);
      assert.equal(status, 200, path);
      assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, path);
      assert.equal(headers.get('x-frame-options'), 'DENY', path);
      assert.equal(headers.get('cache-control'), 'no-store', path);
      assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    }
    return 'refused';
  });

  row('G72', 'the handle of a session of somebody else, and what is no handle', 'nothing ended', async () => {
    const victim = await newPerson();
    const { pages, ...person } = await newPerson();
    await signedIn(person);
    await pages.token('/account/sessions');
    await pages.accepted('/account/sessions', { others: 'yes' });
    const { sessions } = await stateOf(victim);
    for (const session of [...sessions, 'x', '__proto__', '', 'f'.repeat(16)])
      await pages.accepted('/account/sessions', { session });
    assert.deepEqual((await stateOf(victim)).sessions, sessions);
    await victim.pages.open('/account');
    return 'nothing ended';
  });

  row('G73', 'withdrawal from a client of somebody else, and of none', 'nothing withdrawn', async () => {
    const victim = await newPerson();
    const { pages, ...person } = await newPerson();
    await pages.accepted('/account/apps', { client: 'hostile' });
    const { account } = await stateOf(person);
    for (const client of ['demo-web', 'hostile', 'signet-account', '__proto__', '', 'nobody'])
      await pages.accepted('/account/apps', { client });
    assert.deepEqual((await stateOf(person)).account, account);
    assert.equal((await stateOf(victim)).consents.length, 1);
    return 'nothing withdrawn';
  });

  row('G74', 'export and deletion in a stolen session', 'sign-in first, nothing changed', async () => {
    const { agent, pages, ...person } = await newPerson();
    const csrf = await pages.token('/account/delete');
    const before = await stateOf(person);
    // The password alone is no proof: it may have been stolen, too.
    assert.equal(await pages.status('/account/export'), 403);
    assert.equal((await agent.post(`${stage.issuer}/account/export`, { csrf })).status, 403);
    await stage.advance(301);
    for (const path of ['/account/export', '/account/delete']) {
      const answers = [
        await agent.get(stage.issuer + path),
        await agent.post(stage.issuer + path, { csrf, username: person.username }),
      ];
      for (const { status, headers } of answers) {
        const to = new URL(headers.get('location') ?? '', stage.issuer);
        assert.deepEqual([status, to.pathname, to.searchParams.get('max_age')], [303, '/authorize', '300']);
      }
    }
    assert.deepEqual(await stateOf(person), before);
    return 'sign-in first, nothing changed';
  });

  row('G75', 'a hostile user agent and name of an application', 'escaped', async () => {
    const { pages } = await newPerson();
    for (const path of ['/account/sessions', '/account/apps', '/account/activity', '/']) {
      const html = await pages.open(path);
      assert.doesNotMatch(html, /<script>alert/, path);
    }
    assert.match(await pages.open('/account/apps'), /&quot;&gt;&lt;script&gt;/);
    return 'escaped';
  });

  row('G76', 'a form by GET', 'nothing changed', async () => {
    const { agent, pages, ...person } = await newPerson();
    const before = await stateOf(person);
    for (const [path, fields] of Object.entries(FORMS)) {
      const csrf = await pages.token(path);
      const query = new URLSearchParams({ ...fields, csrf }).toString();
      assert.equal((await agent.get(`${stage.issuer}${path}?${query}`)).status, 200, path);
    }
    assert.deepEqual(await stateOf(person), before);
    return 'nothing changed';
  });

  row(
    'G77',
    'a note about what was done, from an address or a cookie of an attacker',
    'not shown',
    async () => {
      const { agent, pages } = await newPerson();
      for (const note of ['account.password.changed', HOSTILE, 'account.profile.wrong']) {
        const query = new URLSearchParams({ done: note, note, message: note }).toString();
        assert.doesNotMatch(await pages.open(`/account/data?${query}`), /role="status"|<script>/);
      }
      for (const note of ['account.profile.wrong', 'toString', '<b>x</b>']) {
        agent.setCookie(`signet_done=${note}; Path=/account`, stage.issuer);
        assert.doesNotMatch(await pages.open('/account/profile'), /role="status"|<b>x/);
      }
      return 'not shown';
    },
  );

  row(
    'G78',
    'guessing the current password in a stolen session',
    'locked after 10, as at the sign-in',
    async () => {
      const { pages, ...person } = await newPerson();
      const change = async (current: string) =>
        (await pages.send('/account/password', { current, new: 'caucus-race-thimble-dodo' })).status;
      for (let attempt = 0; attempt < 10; attempt += 1) assert.equal(await change(`guess-${attempt}`), 400);
      assert.equal(await change(PASSWORD), 400);
      const { audit } = stage.operator.store;
      const locked = { accountId: person.id, type: 'account.locked', limit: 9 } as const;
      // The worker that has locked the account writes its events a moment later.
      await eventually('the lock is in the trail', async () => (await audit.list(locked)).length > 0);
      assert.equal((await audit.list(locked)).length, 1);
      return 'locked after 10, as at the sign-in';
    },
  );

  row('G79', 'claims that nobody may edit, and names with a meaning', 'not stored', async () => {
    const { pages, ...person } = await newPerson();
    const { account } = await stateOf(person);
    await pages.accepted('/account/profile', {
      email: 'a@example.com',
      email_verified: 'true',
      groups: 'admins',
      preferred_username: 'root',
      sub: 'root',
      username: 'root',
      __proto__: 'x',
      constructor: 'x',
      roles: 'x',
    });
    assert.deepEqual((await stateOf(person)).account, account);
    const long = await pages.send('/account/profile', { name: 'x'.repeat(20_000) });
    assert.equal(long.status, 400);
    return 'not stored';
  });

  row(
    'M28',
    'a name that changes how a page shows what follows, as in a sign-up',
    '400, not stored',
    async () => {
      const { pages, ...person } = await newPerson();
      const statuses = new Set<number>();
      for (const name of ['Alice\u202e', 'a\u0000b', 'a\u2028b', 'a\u200bb', '\u2066x', 'a\u0007'])
        statuses.add((await pages.send('/account/profile', { name })).status);
      const stored = await stage.operator.accounts.find(person.id);
      const joined = (await pages.send('/account/profile', { name: 'नमस्\u200dते' })).status;
      assert.equal(joined, 303);
      return `${[...statuses].join()}, ${stored?.claims.name === person.username ? 'not stored' : 'stored'}`;
    },
  );
});
