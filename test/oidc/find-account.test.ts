import assert from 'node:assert/strict';
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import type { Account } from '../../src/accounts/accounts.ts';
import { parseConfig } from '../../src/config/config.ts';
import { accountFinder } from '../../src/oidc/engine/find-account.ts';

const ACCOUNT = { id: 'a1', username: 'alice', claims: { email: 'alice@example.com' }, disabled: false };
const { lifetimes: LIFETIMES } = parseConfig({});

/** No response type with an ID token is enabled. The rule holds for the first that will be. */
describe('Claims about the person for an ID token', () => {
  const namesFor = async (oidc: object, use = 'id_token'): Promise<string[]> => {
    const find = accountFinder(async () => ACCOUNT as unknown as Account, LIFETIMES);
    const ctx = { oidc: { entities: {}, params: {}, ...oidc } } as unknown as KoaContextWithOIDC;
    // A token: the session of the request does not matter.
    const account = await find(ctx, ACCOUNT.id, {} as never);
    return Object.keys((await account?.claims(use, '', {}, [])) ?? {}).toSorted();
  };
  const client = (metadata: object = {}) => ({ allowed_scopes: [], ...metadata }) as unknown as Client;
  const ALL = ['email', 'preferred_username', 'sub', 'updated_at'];

  it('from the token endpoint: with id_token_claims, or an access token for an API', async () => {
    const route = 'token';
    assert.deepEqual(await namesFor({ route, client: client({ id_token_claims: true }) }), ALL);
    assert.deepEqual(await namesFor({ route, client: client({ id_token_claims: false }) }), ['sub']);
    assert.deepEqual(await namesFor({ route, client: client() }), ['sub']);
    const entities = { AccessToken: { aud: 'https://api.example' } };
    assert.deepEqual(await namesFor({ route, client: client(), entities }), ALL);
  });

  for (const route of ['authorization', 'resume']) {
    it(`from the route ${route}: when the client gets nothing for userinfo (OpenID Connect Core §5.4)`, async () => {
      const seen = (type: string) =>
        namesFor({ route, client: client({ id_token_claims: true }), params: { response_type: type } });
      assert.deepEqual(await seen('id_token'), ALL);
      assert.deepEqual(await seen('code id_token'), ['sub']);
      assert.deepEqual(await seen('id_token token'), ['sub']);
    });
  }

  it('are at userinfo in any case', async () => {
    assert.deepEqual(await namesFor({ route: 'userinfo', client: client() }, 'userinfo'), ALL);
  });
});
