import assert from 'node:assert/strict';
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { parseConfig } from '../../src/config/config.ts';
import { SIGNING_ALGORITHMS } from '../../src/config/signing-algorithms.ts';
import { storedSecret } from '../../src/clients/secret-key.ts';
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

/** Algorithms whose key is shared with a client or an API, or absent (RFC 7518 §3.1, §4.1). */
const SYMMETRIC = /^(?:HS\d|A\d|dir$|PBES2|none$)/i;

/** With the secret of a client that has registered HS256. */
const WITH_HMAC = /^(?:clientAuth|(?:idToken|userinfo|introspection|requestObject)Signing)/;

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

  it('never need a symmetric key, except for HS256, nor none', async () => {
    const { provider } = await engine();
    const { default: instance } = (await engineModule('./helpers/weak_cache.js')) as {
      default: (of: unknown) => { configuration: Record<string, unknown> };
    };
    const { configuration } = instance(provider);
    const values = Object.entries(configuration)
      .filter(([name]) => name.endsWith('AlgValues'))
      .concat(
        Object.entries(configuration.enabledJWA as object).filter(([name]) => name.endsWith('AlgValues')),
      );
    assert.ok(values.length > 24, String(values.length));
    for (const [name, list] of values)
      assert.deepEqual(
        [name, (list as string[]).filter((alg) => SYMMETRIC.test(alg))],
        [name, WITH_HMAC.test(name) ? ['HS256'] : []],
      );
  });

  it('are the ones that the discovery document lists, and no others', async () => {
    const server = await startTestServer();
    const response = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    await server.stop();
    const lists = Object.entries(metadata).filter(([name]) => /_(?:alg|enc)_values_supported$/.test(name));
    const responses = ['id_token', 'userinfo', 'introspection'].flatMap((name) => [
      [`${name}_signing_alg_values_supported`, ['RS256', 'HS256']],
      [`${name}_encryption_alg_values_supported`, ['RSA-OAEP-256', 'ECDH-ES']],
      [`${name}_encryption_enc_values_supported`, ['A128CBC-HS256', 'A128GCM', 'A256GCM']],
    ]);
    assert.deepEqual(Object.fromEntries(lists), {
      ...Object.fromEntries(responses),
      request_object_signing_alg_values_supported: [...REQUEST_OBJECT_ALGORITHMS],
      token_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGORITHMS, 'HS256'],
    });
  });

  it('have no key that derives from a client or its secret', async () => {
    const { provider } = await engine();
    for (const [id, metadata] of Object.entries({
      basic: {},
      post: { token_endpoint_auth_method: 'client_secret_post' },
      // Members that only another program can have stored.
      foreign: { client_secret: 'a-known-constant' },
      // Registered for HS256, with a secret of which there is a digest only.
      hmac: { id_token_signed_response_alg: 'HS256' },
      assertions: { token_endpoint_auth_method: 'client_secret_jwt' },
    })) {
      await create(id, metadata);
      const client = (await provider.Client.find(id)) as unknown as {
        clientSecret?: string;
        symmetricKeyStore: Iterable<unknown> & { selectForVerify(wanted: object): unknown[] };
      };
      assert.equal(client.clientSecret, undefined);
      assert.deepEqual([...client.symmetricKeyStore], []);
      assert.deepEqual(client.symmetricKeyStore.selectForVerify({ alg: 'HS256' }), []);
    }
  });

  it('have the sealed secret as a key only while the client is registered for it', async () => {
    const inStore = { keys: 'store', masterKey: randomBytes(32).toString('base64') };
    const { provider, sealer } = await engine(inStore);
    const keysOf = async (members: object): Promise<number> => {
      const id = randomUUID();
      await create(id, members);
      await store.clients.update(id, (current) => ({
        ...current,
        secrets: [storedSecret('x'.repeat(32), 1_800_000_000, { owner: { id, instance: id }, sealer })],
      }));
      const client = (await provider.Client.find(id)) as unknown as {
        symmetricKeyStore: { selectForVerify(wanted: object): unknown[] };
      };
      const counts = ['HS256', 'HS512', 'A128KW', 'none'].map((alg) => {
        try {
          return client.symmetricKeyStore.selectForVerify({ alg }).length;
        } catch {
          return 0;
        }
      });
      assert.deepEqual(counts.slice(1), [0, 0, 0]);
      return counts[0]!;
    };
    assert.equal(await keysOf({ id_token_signed_response_alg: 'HS256' }), 1);
    assert.equal(await keysOf({ token_endpoint_auth_method: 'client_secret_jwt' }), 1);
    assert.equal(await keysOf({}), 0);
    const isPublic = { token_endpoint_auth_method: 'none' };
    assert.equal(await keysOf({ ...isPublic, id_token_signed_response_alg: 'HS256' }), 0);
  });

  for (const member of [
    { id_token_signed_response_alg: 'HS512' },
    { id_token_signed_response_alg: 'none' },
    { userinfo_signed_response_alg: 'none' },
    { introspection_signed_response_alg: 'none' },
    { id_token_encrypted_response_alg: 'dir' },
    { id_token_encrypted_response_alg: 'RSA1_5' },
    { id_token_encrypted_response_alg: 'A128KW' },
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
