import assert from 'node:assert/strict';
import { parseConfig } from '../../src/config/config.ts';
import { ASSERTION_ALGORITHMS } from '../../src/clients/authentication-methods.ts';
import { enabledAlgorithms } from '../../src/oidc/engine/algorithms.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { engineOn } from '../flows/engine-on-store.ts';
import { startTestServer } from '../support/server.ts';

/** Modules of the engine that its package does not export by name. */
const engineModule = async (path: string): Promise<Record<string, unknown>> =>
  (await import(new URL(path, import.meta.resolve('oidc-provider')).href)) as Record<string, unknown>;

/** Algorithms whose key is shared with a client or an API, or absent (RFC 7518 §3.1, §4.1), and `enc` values, which need one of them. */
const SYMMETRIC = /^(?:HS\d|A\d|dir$|PBES2|none$)/i;

describe('The algorithms of the engine', () => {
  let store: Store;
  before(async () => void (store = await openStore('sqlite::memory:', { clock: Date.now })));
  after(() => store.close());
  const engine = (input: Parameters<typeof parseConfig>[0] = {}) =>
    engineOn(parseConfig({ store: 'sqlite::memory:', ...input }), store);

  it('are set in every list that the engine knows', async () => {
    const lists = Object.keys(await engineModule('./consts/jwa.js'));
    assert.ok(lists.length >= 18, lists.join());
    assert.deepEqual(Object.keys(enabledAlgorithms(['RS256'])).toSorted(), lists.toSorted());
    const { default: defaults } = (await engineModule('./helpers/defaults.js')) as {
      default: () => { enabledJWA: object };
    };
    const known = Object.keys((typeof defaults === 'function' ? defaults() : defaults).enabledJWA);
    assert.deepEqual(known.toSorted(), lists.toSorted());
  });

  it('never need a symmetric key, nor none', async () => {
    const { provider } = await engine();
    const { default: instance } = (await engineModule('./helpers/weak_cache.js')) as {
      default: (of: unknown) => { configuration: Record<string, unknown> };
    };
    const { configuration } = instance(provider);
    const values = Object.entries(configuration)
      .filter(([name]) => /(?:Alg|Enc)Values$/.test(name))
      .concat(Object.entries(configuration.enabledJWA as object));
    assert.ok(values.length > 30);
    for (const [name, list] of values)
      assert.deepEqual([name, (list as string[]).filter((alg) => SYMMETRIC.test(alg))], [name, []]);
  });

  it('are the ones that the discovery document lists, and no others', async () => {
    const server = await startTestServer();
    const response = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    await server.stop();
    const lists = Object.entries(metadata).filter(([name]) => /_(?:alg|enc)_values_supported$/.test(name));
    assert.deepEqual(Object.fromEntries(lists), {
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGORITHMS],
    });
  });

  it('have no key that derives from a client or its secret', async () => {
    const { provider } = await engine();
    const digest = 'sha256$c2FsdA$ZGlnZXN0';
    const base = { redirect_uris: ['https://app.example/cb'], response_types: ['code'] };
    for (const [id, metadata] of Object.entries({
      basic: { ...base, token_endpoint_auth_method: 'client_secret_basic' },
      post: { ...base, token_endpoint_auth_method: 'client_secret_post' },
      // Members that only another program can have stored.
      foreign: {
        ...base,
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: 'a-known-constant',
      },
    })) {
      await store.clients.create({
        id,
        instance: id,
        metadata: { grant_types: ['authorization_code'], ...metadata },
        secrets: [{ digest, createdAt: 1_800_000_000 }],
        source: 'added',
        createdAt: 1_800_000_000,
        updatedAt: 1_800_000_000,
      });
      const client = (await provider.Client.find(id)) as unknown as {
        clientSecret?: string;
        symmetricKeyStore: Iterable<unknown>;
      };
      assert.equal(client.clientSecret, undefined);
      assert.deepEqual([...client.symmetricKeyStore], []);
    }
  });

  for (const member of [
    { id_token_signed_response_alg: 'HS256' },
    { id_token_signed_response_alg: 'none' },
    { token_endpoint_auth_method: 'client_secret_jwt' },
    { token_endpoint_auth_signing_alg: 'HS256' },
  ]) {
    it(`reject a stored client with ${JSON.stringify(member)}`, async () => {
      const { provider } = await engine();
      const id = JSON.stringify(member);
      await store.clients.create({
        id,
        instance: id,
        metadata: {
          redirect_uris: ['https://app.example/cb'],
          response_types: ['code'],
          grant_types: ['authorization_code'],
          token_endpoint_auth_method: 'client_secret_basic',
          ...member,
        },
        secrets: [{ digest: 'sha256$c2FsdA$ZGlnZXN0', createdAt: 1_800_000_000 }],
        source: 'added',
        createdAt: 1_800_000_000,
        updatedAt: 1_800_000_000,
      });
      await assert.rejects(provider.Client.find(id), { error: 'invalid_client_metadata' });
    });
  }
});
