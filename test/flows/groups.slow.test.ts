import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { createGroups, type Groups } from '../../src/accounts/groups.ts';
import { API, authorizationRequest, authorize, basic, redeem, signIn, token, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const APP = {
  client_secret: SECRET,
  first_party: true,
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid groups offline_access messages:read',
};
const ROLES = { admin: ['staff', 'owners'], writer: ['editors'], reader: ['staff', 'editors'] };
const CLIENTS = [
  { ...APP, client_id: 'plain' },
  { ...APP, client_id: 'roles', roles: ROLES },
  {
    ...APP,
    client_id: 'names',
    roles: ROLES,
    claim_names: { groups: 'https://example.com/groups', roles: { name: 'role', shape: 'text' } },
  },
  {
    ...APP,
    client_id: 'nested',
    roles: ROLES,
    claim_names: {
      groups: { path: ['realm_access', 'roles'] },
      roles: { path: ['resource_access', '{client_id}', 'roles'] },
    },
  },
  { ...APP, client_id: 'userinfo', roles: ROLES, id_token_claims: false },
  { ...APP, client_id: 'closed', allowed_groups: ['editors', 'owners'], contacts: ['shop@example.com'] },
] as const;

const clientOf = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });

describe('Groups and roles', () => {
  let server: TestServer;
  let operator: Operator;
  let groups: Groups;
  let alice: string;
  before(async () => {
    server = await startTestServer({ clients: CLIENTS as never });
    operator = await operate(server);
    groups = createGroups({ store: operator.store, audit: { record: () => {} }, clock: Date.now });
    for (const name of ['staff', 'editors', 'owners']) await groups.add({ name });
    alice = (await operator.accounts.findByUsername('alice'))!.id;
    await groups.addMember('staff', alice);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const start = async (id: string, scope = 'openid groups', agent = new UserAgent()) => {
    const parameters = { scope, resource: scope.includes(':') ? API : undefined };
    return (await signIn(server.issuer, { agent, client: clientOf(id), parameters })).tokens;
  };
  const userinfo = async (accessToken: string) => {
    const response = await fetch(`${server.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const NAMES = ['groups', 'roles', 'role', 'https://example.com/groups', 'realm_access', 'resource_access'];
  const picked = (claims: Record<string, unknown>) =>
    Object.fromEntries(NAMES.flatMap((name) => (name in claims ? [[name, claims[name]]] : [])));

  const GROUPS = ['staff'];
  const HAS = ['admin', 'reader'];
  const expected: Readonly<Record<string, object>> = {
    plain: { groups: GROUPS },
    roles: { groups: GROUPS, roles: HAS },
    names: { 'https://example.com/groups': GROUPS, role: 'admin reader' },
    nested: { realm_access: { roles: GROUPS }, resource_access: { nested: { roles: HAS } } },
  };
  for (const [id, claims] of Object.entries(expected)) {
    it(`a client (${id}) gets them in the ID token and at userinfo, as it wants them`, async () => {
      const { id_token, access_token } = await start(id);
      assert.deepEqual(picked(decodeJwt(String(id_token))), claims);
      assert.deepEqual(picked(await userinfo(access_token)), claims);
    });
  }

  it('a client without the scope gets the roles, and no groups', async () => {
    const { id_token } = await start('roles', 'openid');
    assert.deepEqual(picked(decodeJwt(String(id_token))), { roles: HAS });
  });

  it('a client with no claims in its ID token gets the roles at userinfo', async () => {
    const { id_token, access_token } = await start('userinfo');
    assert.deepEqual(picked(decodeJwt(String(id_token))), {});
    assert.deepEqual(picked(await userinfo(access_token)), { groups: GROUPS, roles: HAS });
  });

  it('an API gets the roles of the client in access tokens (RFC 9068 §2.2.3.1)', async () => {
    const inToken = async (id: string) =>
      picked(decodeJwt((await start(id, 'openid messages:read')).access_token));
    assert.deepEqual(await inToken('plain'), {});
    assert.deepEqual(await inToken('roles'), { roles: HAS });
    assert.deepEqual(await inToken('nested'), { resource_access: { nested: { roles: HAS } } });
  });

  it('K01 a person outside of allowed_groups sees whom to ask, and the client gets access_denied', async () => {
    const agent = new UserAgent();
    const request = authorizationRequest(server.issuer, { client_id: 'closed', scope: 'openid' });
    let step = await agent.follow(request.url);
    const credentials = { login: 'alice', password: 'wonderland-tea-party' };
    step = await agent.submit({ url: step.url, html: await step.response.text() }, credentials);
    assert.equal(step.response.status, 403);
    const html = await step.response.text();
    assert.match(html, /<h1>You cannot use <bdi>closed<\/bdi><\/h1>/);
    assert.match(html, /href="mailto:shop@example\.com"/);
    assert.match(html, /<a href="[^"]+">Use another account<\/a>/);
    const { url } = await agent.submit({ url: step.url, html }, {});
    assert.equal(url.origin + url.pathname, WEB.redirectUri);
    assert.deepEqual([url.searchParams.get('error'), url.searchParams.get('code')], ['access_denied', null]);
    // The session is there, and of no use for the client.
    const silent = authorizationRequest(server.issuer, {
      client_id: 'closed',
      scope: 'openid',
      prompt: 'none',
    });
    const refused = (await agent.follow(silent.url)).url;
    assert.equal(refused.searchParams.get('error'), 'access_denied');
  });

  it('K02 a person who leaves the groups gets nothing for codes and tokens any more', async () => {
    await groups.addMember('editors', alice);
    const agent = new UserAgent();
    const tokens = await start('closed', 'openid offline_access', agent);
    const request = authorizationRequest(server.issuer, { client_id: 'closed', scope: 'openid' });
    const code = (await authorize(agent, request)).searchParams.get('code') ?? '';
    const introspect = async () => {
      const response = await fetch(`${server.issuer}/introspect`, {
        method: 'POST',
        headers: { Authorization: basic(clientOf('closed')) },
        body: new URLSearchParams({ token: tokens.access_token }),
      });
      return ((await response.json()) as { active: boolean }).active;
    };
    assert.equal(await introspect(), true);
    await groups.removeMember('editors', alice);
    assert.equal(await introspect(), false);
    assert.equal((await userinfo(tokens.access_token)).error, 'invalid_token');
    assert.equal(
      (await redeem(server.issuer, code, request, clientOf('closed'))).body.error,
      'invalid_grant',
    );
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
    assert.equal((await token(server.issuer, refresh, clientOf('closed'))).body.error, 'invalid_grant');
  });
});
