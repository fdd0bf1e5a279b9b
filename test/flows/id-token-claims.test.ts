import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest, signIn, token, type TokenResponse, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const NARROW = {
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email',
};
const PROTOCOL = new Set('sub sid nonce at_hash aud exp iat iss'.split(' '));

describe('claims about the person in the ID token', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({
      clients: [
        { ...NARROW, client_id: 'declared', client_secret: SECRET },
        { ...NARROW, client_id: 'off', client_secret: SECRET, id_token_claims: false },
      ],
    });
    operator = await operate(server);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const client = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });
  const start = async (id: string, scope = 'openid profile email'): Promise<TokenResponse> =>
    (await signIn(server.issuer, { client: client(id), parameters: { scope } })).tokens;
  const refresh = async (id: string, { refresh_token = '' }: TokenResponse, more = {}) =>
    (await token(server.issuer, { grant_type: 'refresh_token', refresh_token, ...more }, client(id))).body;
  /** Names, without those of the protocol. */
  const claimsOf = ({ id_token }: TokenResponse): string[] =>
    Object.keys(decodeJwt(String(id_token)))
      .filter((name) => !PROTOCOL.has(name))
      .toSorted();

  const EMAIL = ['email', 'email_verified'];
  const PROFILE = ['family_name', 'given_name', 'name', 'preferred_username', 'updated_at'];
  const ALL = [...EMAIL, ...PROFILE].toSorted();

  it('of a declared client: those of the granted scopes, from code and refresh', async () => {
    const tokens = await start('declared');
    assert.deepEqual(claimsOf(tokens), ALL);
    assert.deepEqual(claimsOf(await refresh('declared', tokens)), ALL);
    assert.deepEqual(claimsOf(await start('declared', 'openid email')), EMAIL);
    assert.deepEqual(claimsOf(await start('declared', 'openid')), []);
  });

  it('of a refresh with fewer scopes: those of the remaining scopes', async () => {
    const tokens = await start('declared');
    assert.deepEqual(claimsOf(await refresh('declared', tokens, { scope: 'openid email' })), EMAIL);
  });

  it('are left to userinfo (OpenID Connect Core §5.4) with id_token_claims: false', async () => {
    const tokens = await start('off');
    assert.deepEqual(claimsOf(tokens), []);
    assert.deepEqual(claimsOf(await refresh('off', tokens)), []);
  });

  it('of a client that is added', async () => {
    const { client: added } = await operator.clients.add(
      { ...NARROW, client_id: 'added' },
      { secret: SECRET },
    );
    assert.equal(added.metadata.id_token_claims, true);
    assert.deepEqual(claimsOf(await start('added')), ALL);
  });

  it('never leave the authorization endpoint: it has no response type with an ID token', async () => {
    for (const type of ['id_token', 'code id_token', 'token id_token']) {
      const { url } = authorizationRequest(server.issuer, { client_id: 'declared', response_type: type });
      const answer = new URL((await new UserAgent().get(url)).headers.get('location') ?? '');
      assert.match(answer.href, /[?#&]error=/);
    }
  });

  it('beyond 4 KiB: one warning names the client and its largest claim', async () => {
    const account = await operator.accounts.findByUsername(DEMO_ACCOUNT.username);
    const groups = Array.from({ length: 400 }, (_, index) => `team-${index}`);
    await operator.accounts.changeClaims(String(account?.id), { groups });
    await operator.clients.add(
      { ...NARROW, client_id: 'large', scope: 'openid email groups' },
      { secret: SECRET },
    );
    const tokens = await start('large', 'openid email groups');
    await refresh('large', tokens);
    const warnings = server.logged
      .split('\n')
      .filter((line) => line.includes('larger than 4 KiB'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(warnings.length, 1);
    const [{ level, clientId, claim, bytes, msg } = {}] = warnings;
    assert.deepEqual(
      { level, clientId, claim, bytes, msg },
      {
        level: 'warn',
        clientId: 'large',
        claim: 'groups',
        bytes: tokens.id_token?.length,
        msg: 'ID token is larger than 4 KiB; remove the scope of this claim from the client, or set id_token_claims: false',
      },
    );
    assert.deepEqual(
      warnings.filter((line) => JSON.stringify(line).includes('team-1')),
      [],
      'the log has no values',
    );
  });
});
