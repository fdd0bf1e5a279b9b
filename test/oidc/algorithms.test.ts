import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { parseConfig } from '../../src/config/config.ts';
import { SIGNING_ALGORITHMS } from '../../src/config/signing-algorithms.ts';
import { ASSERTION_ALGORITHMS } from '../../src/clients/authentication-methods.ts';
import { REQUEST_OBJECT_ALGORITHMS } from '../../src/clients/request-object-algorithms.ts';
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

  /** As the store has it, also with members that registration does not accept. */
  async function create(id: string, members: object): Promise<void> {
    const createdAt = 1_800_000_000;
    await store.clients.create({
      id,
      instance: id,
      metadata: {
        redirect_uris: ['https://app.example/cb'],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
        ...members,
      },
      secrets: [{ digest: 'sha256$c2FsdA$ZGlnZXN0', createdAt }],
      source: 'added',
      createdAt,
      updatedAt: createdAt,
    });
  }

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
      request_object_signing_alg_values_supported: [...REQUEST_OBJECT_ALGORITHMS],
      token_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGORITHMS],
    });
  });

  it('have no key that derives from a client or its secret', async () => {
    const { provider } = await engine();
    for (const [id, metadata] of Object.entries({
      basic: {},
      post: { token_endpoint_auth_method: 'client_secret_post' },
      // Members that only another program can have stored.
      foreign: { client_secret: 'a-known-constant' },
    })) {
      await create(id, metadata);
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
      await create(id, member);
      await assert.rejects(provider.Client.find(id), { error: 'invalid_client_metadata' });
    });
  }

  it('decide the hash of at_hash, which is SHA-512 for Ed25519 (OpenID Connect Core §3.1.3.6, RFC 8032 §5.1)', async () => {
    const { provider } = await engine({ signingAlgorithms: [...SIGNING_ALGORITHMS] });
    const hashes: string[] = [];
    for (const alg of SIGNING_ALGORITHMS) {
      await create(alg, { id_token_signed_response_alg: alg });
      const client = await provider.Client.find(alg);
      const token = new provider.IdToken({ sub: 'alice' }, { client, ctx: undefined });
      token.set('at_hash', 'an access token');
      const { at_hash: claim } = decodeJwt(await token.issue({ use: 'idtoken' }));
      for (const algorithm of ['sha256', 'sha512']) {
        const digest = hash(algorithm, 'an access token', 'buffer');
        const half = digest.subarray(0, digest.length / 2).toString('base64url');
        if (claim === half) hashes.push(`${alg} ${algorithm}`);
      }
    }
    assert.deepEqual(hashes, ['RS256 sha256', 'PS256 sha256', 'ES256 sha256', 'EdDSA sha512']);
  });
});
