import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa, { type Middleware } from 'koa';
import { CLIENT_METADATA } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { digestSecret } from '../../src/clients/secrets.ts';
import { ACR_VALUES } from '../../src/config/authentication-context.ts';
import { parseConfig } from '../../src/config/config.ts';
import { validateFormBody } from '../../src/http/form-validation.ts';
import { clientCredentialsShortPath } from '../../src/oidc/grants/client-credentials-short-path.ts';
import { introspectionShortPath } from '../../src/oidc/tokens/introspection-short-path.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { engineOn } from './engine-on-store.ts';
import { withClock } from '../support/clock.ts';
import { basic } from '../support/flow.ts';

const SECRET = 'the-secret-of-every-client-in-this-test';

interface ShortPath {
  of: (engine: Awaited<ReturnType<typeof engineOn>>) => Middleware;
  form: Record<string, string>;
  /** Members of the metadata that it leaves to the engine. */
  left: readonly string[];
}

/** A client with a secret has none. */
const OF_ASSERTIONS = ['token_endpoint_auth_signing_alg'];

const SHORT_PATHS: Readonly<Record<string, ShortPath>> = {
  'the client credentials grant': {
    of: (engine) =>
      clientCredentialsShortPath({ ...engine, audit: { record() {} }, metrics: { tokenIssued() {} } }),
    form: { grant_type: 'client_credentials' },
    left: OF_ASSERTIONS,
  },
  introspection: {
    of: (engine) => introspectionShortPath(engine, async () => ({ active: false })),
    form: { token: 'unknown' },
    // Such a client gets encrypted responses only.
    left: [...OF_ASSERTIONS, 'introspection_encrypted_response_alg', 'introspection_encrypted_response_enc'],
  },
};

for (const [name, shortPath] of Object.entries(SHORT_PATHS)) {
  describe(`the short path of ${name} is an allow-list`, () => describeAllowList(shortPath));
}

/** Which clients and requests a short path takes; a stand-in for the engine answers 418. */
function describeAllowList(shortPath: ShortPath): void {
  const config = parseConfig({ store: 'sqlite::memory:' });
  const clock = () => Date.now();
  let store: Store;
  let server: Server;
  let url: string;

  before(async () => {
    store = await openStore(config.store, { clock });
    const engine = await engineOn(config, store);
    const app = new Koa()
      .use(validateFormBody([]))
      .use(shortPath.of(engine))
      .use((ctx) => void (ctx.status = 418));
    const handle = app.callback();
    server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await store.close();
  });

  let count = 0;
  /** @param extra metadata, also such that registration does not accept yet */
  async function add(extra: object, secret = SECRET): Promise<string> {
    const id = `machine-${(count += 1)}`;
    const input = { grant_types: ['client_credentials'], scope: 'messages:read' };
    const { metadata } = checkMetadata(input, config);
    const now = Math.floor(clock() / 1000);
    await store.clients.create({
      id,
      instance: id,
      metadata: { ...metadata, ...extra },
      secrets: [{ digest: digestSecret(secret), createdAt: now }],
      source: 'added',
      createdAt: now,
      updatedAt: now,
    });
    return id;
  }

  async function status(id: string, headers: Record<string, string> = {}, secret = SECRET): Promise<number> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { Authorization: basic({ id, secret }), ...headers },
      body: new URLSearchParams(shortPath.form),
    });
    return response.status;
  }

  it('takes a client whose metadata is implemented', async () => {
    assert.equal(await status(await add({})), 200);
    assert.equal(await status(await add({ client_name: 'Job', tos_uri: 'https://example.com/' })), 200);
    assert.equal(await status(await add({ 'client_name#de': 'Arbeit' })), 200);
  });

  for (const extra of [
    { dpop_bound_access_tokens: true },
    { dpop_bound_access_tokens: false },
    { tls_client_certificate_bound_access_tokens: true },
    { authorization_details_types: ['payment'] },
    { unknown_member: 1 },
    { unknown_member: undefined, unknown_null: null },
  ]) {
    it(`leaves a client with ${JSON.stringify(extra)} to the engine`, async () => {
      const id = await add(extra);
      assert.equal(await status(id), 418);
      assert.equal(await status(id), 418);
    });
  }

  it('leaves a client that registered itself to the engine', async () => {
    const id = await add({});
    await store.clients.update(id, (current) => ({ ...current, source: 'registered' }));
    assert.equal(await status(id), 418);
  });

  it('decides about each member of the client metadata', async () => {
    // A member that is added to the metadata is left to the engine until it is on the list: then it is added here too.
    const decided = await Promise.all(
      CLIENT_METADATA.map(
        async (name) => [name, await status(await add({ ...beside(name), [name]: valid(name) }))] as const,
      ),
    );
    assert.deepEqual(
      decided.filter(([, seen]) => seen !== 200).map(([name]) => name),
      shortPath.left,
    );
  });

  it('follows a client whose metadata changes, within the second that clients are cached', async () => {
    const id = await add({});
    await withClock(async (time) => {
      assert.equal(await status(id), 200);
      await store.clients.update(id, (current) => ({
        ...current,
        metadata: { ...current.metadata, dpop_bound_access_tokens: true },
      }));
      time.advance(2);
      assert.equal(await status(id), 418);
    });
  });

  it('leaves a secret that has other characters than a secret can have to the engine (RFC 6749 appendix A.2)', async () => {
    for (const secret of [`${SECRET} ~`, `${SECRET}é`, `${SECRET}\n`]) {
      const seen = await status(await add({}, secret), {}, secret);
      assert.equal(seen, secret.endsWith('~') ? 200 : 418, secret);
    }
  });

  it('takes headers of clients and proxies, and leaves any other header to the engine', async () => {
    const id = await add({});
    for (const name of [
      'Accept-Language',
      'Cache-Control',
      'CF-Ray',
      'Cookie',
      'Forwarded',
      'Traceparent',
      'User-Agent',
      'Via',
      'X-Forwarded-For',
      'X-Request-Id',
    ]) {
      assert.equal(await status(id, { [name]: 'a' }), 200, name);
    }
    for (const name of [
      'Client-Cert',
      'DPoP',
      'OAuth-Client-Attestation',
      'OAuth-Client-Attestation-PoP',
      'Origin',
      'Signature',
      'Unknown',
    ]) {
      assert.equal(await status(id, { [name]: 'a' }), 418, name);
    }
  });

  /** What the engine requires beside a member. */
  function beside(name: string): object {
    if (name === 'request_object_signing_alg') return { jwks: { keys: [] } };
    const [, response] = /^(\w+)_encrypted_response_\w+$/.exec(name) ?? [];
    if (response === undefined) return {};
    return {
      jwks: { keys: [] },
      [`${response}_signed_response_alg`]: 'RS256',
      [`${response}_encrypted_response_alg`]: 'ECDH-ES',
    };
  }

  /** A value that the short path and the engine accept for a client of this kind. */
  function valid(name: string): unknown {
    const { metadata } = checkMetadata(
      { grant_types: ['client_credentials'], scope: 'messages:read' },
      config,
    );
    const values: Record<string, unknown> = {
      ...metadata,
      jwks: { keys: [] },
      contacts: [],
      response_modes: ['query'],
      loopback_redirect_uris: [],
      id_token_signed_response_alg: 'RS256',
      default_acr_values: [...ACR_VALUES],
      subject_type: 'public',
      userinfo_signed_response_alg: 'HS256',
      introspection_signed_response_alg: 'RS256',
      token_endpoint_auth_signing_alg: 'RS256',
      request_object_signing_alg: 'RS256',
      request_uris: [],
    };
    if (name.endsWith('_encrypted_response_alg')) return 'ECDH-ES';
    if (name.endsWith('_encrypted_response_enc')) return 'A256GCM';
    const uri = name.endsWith('_uri') ? 'https://example.com/' : undefined;
    const flag = /^(?:require|first|trust|id_token)/.test(name) ? true : undefined;
    return values[name] ?? uri ?? flag ?? (name === 'default_max_age' ? 60 : 'Job');
  }
}
