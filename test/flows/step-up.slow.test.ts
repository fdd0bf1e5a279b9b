import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { decodeJwt } from 'jose';
import { ACR } from '../../src/config/authentication-context.ts';
import { withClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { API, basic, token, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { addAuthenticatorApp } from '../support/second-factor.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { tokensOf, walk, type Walker, type WalkOptions } from '../support/sign-in-walk.ts';
import { UserAgent } from '../support/user-agent.ts';

const PASSWORD = 'curiouser-and-curiouser';
const SECRET = 'a-secret-of-more-than-32-characters';

describe('A second factor, and step-up (RFC 9470)', () => {
  let server: TestServer;
  let operator: Operator;
  let number = 0;
  before(async () => {
    const client = {
      client_secret: SECRET,
      redirect_uris: [WEB.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid messages:read messages:write',
      first_party: true,
    };
    server = await startTestServer({
      clients: [
        { ...client, client_id: 'app' },
        { ...client, client_id: 'strict', mfa: 'required' },
      ],
      mfa: { groups: { admins: 'required' } },
    });
    operator = await operate(server);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  async function addPerson({
    hasApp = true,
    ...claims
  }: {
    hasApp?: boolean;
    groups?: string[];
    email?: string;
    email_verified?: boolean;
  } = {}) {
    number += 1;
    const username = `person-${number}`;
    const account = await operator.accounts.add({ username, password: PASSWORD, claims });
    const { store } = operator;
    const app = hasApp ? await addAuthenticatorApp({ store, config: server.config }, account) : undefined;
    return { id: account.id, username, password: PASSWORD, app } satisfies Walker & { id: string };
  }

  const go = async (person: Walker, { client = 'app', ...options }: WalkOptions & { client?: string } = {}) =>
    await walk(server.issuer, person, {
      ...options,
      parameters: { client_id: client, scope: 'openid', ...options.parameters },
    });

  const clientOf = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });
  const parameters = { scope: 'openid messages:write', acr_values: `${ACR.mfa} phr` };

  it('is asked for after the password, and is in acr and amr', async () => {
    const agent = new UserAgent();
    const done = await go(await addPerson(), { agent, parameters: { acr_values: ACR.password } });
    assert.deepEqual(done.pages, ['login', 'second-factor']);
    const { acr, amr } = decodeJwt((await tokensOf(server.issuer, done, clientOf('app'))).id_token as string);
    assert.deepEqual([acr, amr], [ACR.mfa, ['pwd', 'otp', 'mfa']]);
  });

  it('is required by a client and for a group: nobody gets in without, and the page says who can help', async () => {
    for (const [person, client] of [
      [await addPerson({ hasApp: false }), 'strict'],
      [await addPerson({ hasApp: false, groups: ['admins'] }), 'app'],
    ] as const) {
      const { pages, html, url } = await go(person, { client });
      assert.deepEqual(pages, ['login', 'no-second-factor']);
      assert.match(html, /A password alone is not enough/);
      const agent = new UserAgent();
      await go(person, { client, agent });
      assert.equal(agent.cookie('signet_session'), undefined);
      assert.ok(url.pathname.endsWith('/second_factor'));
    }
  });

  it('is required by a client: who has a verified address is led to the pages of the account, which ask for a code', async () => {
    const email = 'confirmed@example.com';
    const verified = { hasApp: false, email, email_verified: true };
    const isLed = async (person: Walker) =>
      (await go(person, { client: 'strict' })).html.includes('id="set-up"');
    assert.equal(await isLed(await addPerson(verified)), true);
    assert.equal(await isLed(await addPerson({ ...verified, groups: ['admins'] })), false);
  });

  it('is all that a session is asked for by a client that requires it', async () => {
    const person = await addPerson({ hasApp: false });
    const agent = new UserAgent();
    assert.deepEqual((await go(person, { agent })).pages, ['login']);
    const account = await operator.accounts.find(person.id);
    const app = await addAuthenticatorApp({ store: operator.store, config: server.config }, account!);
    const before = agent.cookie('signet_session')?.value;
    const { pages, url } = await go({ ...person, app }, { agent, client: 'strict' });
    assert.deepEqual(pages, ['second-factor']);
    assert.ok(url.searchParams.has('code'));
    assert.notEqual(agent.cookie('signet_session')?.value, before);
    // And the next time for nothing.
    assert.deepEqual((await go(person, { agent, client: 'strict' })).pages, []);
    const silent = await go(person, { agent, client: 'strict', parameters: { prompt: 'none' } });
    assert.ok(silent.url.searchParams.has('code'));
  });

  it('is asked for by acr_values, keeps auth_time, and is in the access token and its introspection', async () => {
    await withClock(async (clock) => {
      const person = await addPerson({ hasApp: false });
      const agent = new UserAgent();
      const first = await tokensOf(
        server.issuer,
        await go(person, { agent, parameters: { ...parameters, resource: API } }),
        clientOf('app'),
      );
      const began = Math.floor(Date.now() / 1000);
      const claims = ({ acr, auth_time }: Record<string, unknown>) => [acr, auth_time];
      assert.deepEqual(claims(decodeJwt(first.access_token)), [ACR.password, began]);
      clock.advance(60);
      const account = await operator.accounts.find(person.id);
      const app = await addAuthenticatorApp({ store: operator.store, config: server.config }, account!);
      const done = await go({ ...person, app }, { agent, parameters: { ...parameters, resource: API } });
      assert.deepEqual(done.pages, ['second-factor']);
      const tokens = await tokensOf(server.issuer, done, clientOf('app'));
      assert.deepEqual(claims(decodeJwt(tokens.access_token)), [ACR.mfa, began]);
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      const { body } = await token(server.issuer, form, clientOf('app'));
      assert.deepEqual(claims(decodeJwt(body.access_token)), [ACR.mfa, began]);
      const response = await fetch(`${server.issuer}/introspect`, {
        method: 'POST',
        headers: { Authorization: basic({ id: 'demo-api', secret: 'demo-api-secret' }) },
        body: new URLSearchParams({ token: body.access_token }),
      });
      assert.deepEqual(claims((await response.json()) as Record<string, unknown>), [ACR.mfa, began]);
    });
  });

  it('is asked for with the password, when max_age asks for a newer sign-in', async () => {
    await withClock(async (clock) => {
      const person = await addPerson();
      const agent = new UserAgent();
      await go(person, { agent, second: { remember: 'yes' } });
      clock.advance(120);
      const { pages } = await go(person, { agent, parameters: { ...parameters, max_age: '60' } });
      assert.deepEqual(pages, ['login', 'second-factor']);
    });
  });

  it('is a wish in acr_values, and a condition in an essential acr, of a person who has none', async () => {
    const person = await addPerson({ hasApp: false });
    const essential = JSON.stringify({ id_token: { acr: { essential: true, values: [ACR.mfa, 'phr'] } } });
    for (const agent of [new UserAgent(), new UserAgent()]) {
      const wish = await go(person, { agent, parameters });
      const { id_token: idToken } = await tokensOf(server.issuer, wish, clientOf('app'));
      assert.equal(decodeJwt(idToken as string).acr, ACR.password);
      const condition = await go(person, { agent, parameters: { claims: essential } });
      assert.deepEqual(condition.pages, []);
      assert.equal(condition.url.searchParams.get('error'), 'unmet_authentication_requirements');
    }
    const able = await addPerson();
    const agent = new UserAgent();
    assert.deepEqual((await go(able, { agent, parameters: { claims: essential } })).pages, [
      'login',
      'second-factor',
    ]);
    const silent = await go(able, { agent, parameters: { claims: essential, prompt: 'none' } });
    assert.ok(silent.url.searchParams.has('code'));
  });

  it('is skipped on a device that is remembered, but not where acr is asked for; acr says what was done', async () => {
    await withClock(async (clock) => {
      const person = await addPerson();
      const agent = new UserAgent();
      await go(person, { agent, second: { remember: 'yes' } });
      agent.forget(({ key }) => key.endsWith('session'));
      const again = await go(person, { agent, client: 'strict', parameters: { acr_values: ACR.password } });
      assert.deepEqual(again.pages, ['login']);
      const { id_token: idToken } = await tokensOf(server.issuer, again, clientOf('strict'));
      const { acr, amr } = decodeJwt(idToken as string);
      assert.deepEqual([acr, amr], [ACR.password, ['pwd']]);
      assert.deepEqual(
        (await go(person, { agent, client: 'strict' })).pages,
        [],
        'the session is not asked again',
      );
      assert.deepEqual((await go(person, { agent, parameters })).pages, ['second-factor']);
      clock.advance(30 * 86_400);
      agent.forget(({ key }) => key.endsWith('session'));
      assert.deepEqual((await go(person, { agent })).pages, ['login', 'second-factor']);
    });
  });

  it('of a form that was sent twice leads on: its code is used up, and the sign-in complete', async () => {
    const person = await addPerson();
    const agent = new UserAgent();
    const { url, html } = await go(person, { agent, until: 'second-factor' });
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(html) ?? [];
    const fields = { csrf, method: 'totp', code: person.app!.next() };
    const [first, second] = [await agent.post(url, fields), await agent.post(url, fields)];
    assert.deepEqual([first.status, second.status], [303, 303]);
    assert.equal(first.headers.get('location'), second.headers.get('location'));
    const { url: end } = await agent.follow(String(second.headers.get('location')));
    assert.ok(end.searchParams.has('code'));
  });

  it('is in the audit trail and in the metrics, by method', async () => {
    const person = await addPerson();
    const agent = new UserAgent();
    const { url, html } = await go(person, { agent, until: 'second-factor' });
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(html) ?? [];
    await agent.post(url, { csrf, method: 'totp', code: '000000' });
    await agent.post(url, { csrf, method: 'totp', code: person.app!.next() });
    await eventually('the events are written', async () => {
      const events = await operator.store.audit.list({ accountId: person.id, limit: 10 });
      const seen = events.map(({ type, detail }) => [type, detail] as const).toReversed();
      return isDeepStrictEqual(
        seen.filter(([type]) => type !== 'account.added'),
        [
          ['factor.failed', { reason: 'wrong', method: 'totp' }],
          ['factor.passed', { method: 'totp' }],
          ['login.succeeded', { methods: ['password', 'totp'] }],
        ],
      );
    });
    const metrics = await (await fetch(`http://127.0.0.1:${server.running.managementPort}/metrics`)).text();
    for (const labels of ['method="password",outcome="succeeded"', 'method="totp",outcome="failed"'])
      assert.ok(metrics.includes(`signet_logins_total{${labels}}`), labels);
  });
});
