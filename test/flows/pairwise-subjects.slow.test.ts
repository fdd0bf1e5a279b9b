import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { issuerUrl } from '../../src/config/issuer.ts';
import {
  authorizationRequest,
  authorize,
  basic,
  signIn,
  token,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const API = 'https://orders.example';
const ALICE = { username: 'first', password: 'curiouser-and-curiouser' };
const BILL = { username: 'second', password: 'out-of-the-chimney' };

describe('pairwise subjects (OpenID Connect Core §8)', () => {
  let server: TestServer;
  let operator: Operator;
  let accountId: string;
  before(async () => {
    const client = {
      client_secret: SECRET,
      redirect_uris: [WEB.redirectUri],
      post_logout_redirect_uris: [WEB.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile orders:read',
      first_party: true,
    };
    const inSector = (host: string) =>
      ({ ...client, subject_type: 'pairwise', sector_identifier_uri: `https://${host}/uris.json` }) as const;
    server = await startTestServer({
      apis: [
        {
          audience: API,
          name: 'Orders',
          scopes: { 'orders:read': 'Read orders' },
          introspectionClients: ['orders-api'],
        },
      ],
      clients: [
        { ...client, client_id: 'public' },
        { ...inSector('a.example'), client_id: 'a1' },
        { ...inSector('a.example'), client_id: 'a2' },
        { ...inSector('b.example'), client_id: 'b' },
        { ...client, client_id: 'alone', subject_type: 'pairwise' },
        { client_id: 'orders-api', client_secret: SECRET, grant_types: [], scope: '' },
      ],
    });
    operator = await operate(server);
    accountId = (await operator.accounts.add({ ...ALICE, claims: { name: 'First' } })).id;
    await operator.accounts.add({ ...BILL, claims: {} });
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const clientOf = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });
  const start = (id: string, parameters = {}, { agent = new UserAgent(), person = ALICE } = {}) =>
    signIn(server.issuer, {
      agent,
      client: clientOf(id),
      parameters: { scope: 'openid', ...parameters },
      person,
    });
  const subjectOf = async (id: string, person = ALICE) => subOf((await start(id, {}, { person })).tokens);

  function subOf({ id_token }: TokenResponse): string {
    return String(decodeJwt(String(id_token)).sub);
  }

  async function userinfo({ access_token }: TokenResponse): Promise<Record<string, unknown>> {
    const answer = await fetch(issuerUrl(server.issuer, '/userinfo'), {
      headers: { Authorization: `Bearer ${access_token}` },
    });
    return (await answer.json()) as Record<string, unknown>;
  }

  /** @param byEngine in a request that no short path takes */
  async function introspect(value: string, id: string, byEngine = false): Promise<Record<string, unknown>> {
    const answer = await fetch(issuerUrl(server.issuer, '/introspect'), {
      method: 'POST',
      headers: { Authorization: basic(clientOf(id)), ...(byEngine && { 'X-Unknown': '1' }) },
      body: new URLSearchParams({ token: value }),
    });
    return (await answer.json()) as Record<string, unknown>;
  }

  it('are one in a sector, others in other sectors and for other people, and not the id of the account', async () => {
    const all = {
      a1: await subjectOf('a1'),
      b: await subjectOf('b'),
      alone: await subjectOf('alone'),
      other: await subjectOf('a1', BILL),
      account: accountId,
    };
    assert.equal(new Set(Object.values(all)).size, 5);
    assert.equal(await subjectOf('a2'), all.a1);
    assert.equal(await subjectOf('public'), accountId);
    await server.restart();
    assert.equal(await subjectOf('a1'), all.a1, 'after a restart');
  });

  it('are the same at every endpoint', async () => {
    const { tokens } = await start('a1', { scope: 'openid profile' });
    const sub = subOf(tokens);
    const { refresh_token = '' } = tokens;
    assert.deepEqual([(await userinfo(tokens)).sub, (await userinfo(tokens)).name], [sub, 'First']);
    for (const value of [tokens.access_token, refresh_token]) {
      const [short, engine] = [await introspect(value, 'a1'), await introspect(value, 'a1', true)];
      assert.deepEqual([short.active, short.sub], [true, sub]);
      assert.deepEqual(short, engine);
    }
    const { body } = await token(
      server.issuer,
      { grant_type: 'refresh_token', refresh_token },
      clientOf('a1'),
    );
    assert.deepEqual([subOf(body), (await userinfo(body)).sub], [sub, sub]);
  });

  it('are in access tokens for an API, for the API too, and userinfo accepts these', async () => {
    const { tokens } = await start('a1', { scope: 'openid profile orders:read' });
    const sub = subOf(tokens);
    assert.equal(decodeJwt(tokens.access_token).sub, sub);
    assert.equal((await introspect(tokens.access_token, 'a1')).sub, sub);
    assert.equal((await introspect(tokens.access_token, 'orders-api')).sub, sub);
    assert.deepEqual(await userinfo(tokens).then((claims) => [claims.sub, claims.name]), [sub, 'First']);
    await operator.accounts.signOut(accountId);
    assert.deepEqual(await introspect(tokens.access_token, 'a1'), { active: false }, 'ends with the account');
  });

  it('are compared with an id_token_hint, with and without a page', async () => {
    const agent = new UserAgent();
    const { tokens } = await start('a1', {}, { agent });
    const silent = async (browser: UserAgent, hint: string | undefined, id = 'a1'): Promise<string> => {
      const parameters = { client_id: id, scope: 'openid', prompt: 'none', id_token_hint: hint };
      const { url } = await browser.follow(authorizationRequest(server.issuer, parameters).url);
      return url.searchParams.get('error') ?? 'code';
    };
    assert.equal(await silent(agent, tokens.id_token), 'code');
    const other = new UserAgent();
    await start('a1', {}, { agent: other, person: BILL });
    assert.equal(await silent(other, tokens.id_token), 'login_required');
    // The person of the hint signs in there.
    const request = authorizationRequest(server.issuer, {
      client_id: 'a1',
      scope: 'openid',
      id_token_hint: tokens.id_token,
    });
    assert.equal((await authorize(other, request, BILL)).searchParams.get('error'), 'login_required');
    assert.ok((await authorize(other, request, ALICE)).searchParams.has('code'));
    const select = authorizationRequest(server.issuer, {
      client_id: 'a1',
      scope: 'openid',
      prompt: 'select_account',
      id_token_hint: tokens.id_token,
    });
    assert.match(await (await agent.follow(select.url)).response.text(), /Continue|account/);
  });

  it('are compared with the sub of the claims parameter', async () => {
    const agent = new UserAgent();
    const { tokens } = await start('a1', {}, { agent });
    for (const [value, expected] of [
      [subOf(tokens), 'code'],
      [accountId, 'login_required'],
      [await subjectOf('b'), 'login_required'],
    ] as const) {
      const claims = JSON.stringify({ id_token: { sub: { value } } });
      const parameters = { client_id: 'a1', scope: 'openid', prompt: 'none', claims };
      const { url } = await agent.follow(authorizationRequest(server.issuer, parameters).url);
      assert.equal(url.searchParams.get('error') ?? 'code', expected);
    }
  });

  it('end the session without a question, by an ID token of it', async () => {
    const agent = new UserAgent();
    const { tokens } = await start('a1', {}, { agent });
    const logout = (hint: string) => {
      const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: WEB.redirectUri });
      return agent.follow(`${issuerUrl(server.issuer, '/logout')}?${query.toString()}`);
    };
    const { tokens: others } = await start('a1', {}, { person: BILL });
    assert.equal((await logout(String(others.id_token))).response.status, 400);
    assert.ok((await logout(String(tokens.id_token))).url.href.startsWith(WEB.redirectUri));
    const { url } = await agent.follow(
      authorizationRequest(server.issuer, { client_id: 'a1', scope: 'openid', prompt: 'none' }).url,
    );
    assert.equal(url.searchParams.get('error'), 'login_required');
  });

  it('are announced', async () => {
    const answer = await fetch(issuerUrl(server.issuer, '/.well-known/openid-configuration'));
    const { subject_types_supported: types } = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual(types, ['public', 'pairwise']);
  });
});
