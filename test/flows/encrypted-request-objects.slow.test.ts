import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openDecryptionKey } from '../../src/signing/decryption/decryption-key.ts';
import {
  OVERLAP,
  readDecryptionKeys,
  withdrawDecryptionKey,
} from '../../src/signing/decryption/decryption-ring.ts';
import { openStore } from '../../src/store/open.ts';
import { withClock } from '../support/clock.ts';
import { basic } from '../support/flow.ts';
import { byValue, encryptTo, SigningClient } from '../support/request-object.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const DAY = 86_400;
const PERIOD = 90 * DAY;

describe('Encrypted request objects (RFC 9101 §6.1)', () => {
  let server: TestServer;
  let client: SigningClient;
  before(async () => {
    client = await SigningClient.create('signing');
    server = await startTestServer({ requestObjects: { encryption: true }, clients: [client.metadata] });
  });
  after(() => server.stop());

  async function encryptionKeys(): Promise<JWK[]> {
    const response = await fetch(`${server.issuer}/jwks`);
    const { keys } = (await response.json()) as { keys: JWK[] };
    return keys.filter(({ use }) => use === 'enc');
  }

  async function keyFor(alg: string): Promise<JWK> {
    const key = (await encryptionKeys()).find((each) => each.alg === alg);
    assert.ok(key);
    return key;
  }

  /** @returns where the browser goes, or the error */
  async function answerTo(request: string): Promise<string> {
    const outside = { client_id: client.id, redirect_uri: client.redirectUri };
    const response = await new UserAgent().get(byValue(server.issuer, { ...outside, request }));
    const location = new URL(String(response.headers.get('location')), server.issuer);
    return location.searchParams.get('error') ?? location.pathname.split('/')[1] ?? '';
  }

  async function follow(time: { advance(seconds: number): void }, seconds: number): Promise<void> {
    time.advance(seconds);
    await server.running.followKeys();
  }

  it('to a key of the JWKS, which has no private member', async () => {
    const keys = await encryptionKeys();
    assert.deepEqual(
      keys.map(({ alg, kty, ...key }) => `${alg} ${kty} ${Object.keys(key).sort().join(' ')}`).sort(),
      ['ECDH-ES EC crv kid use x y', 'RSA-OAEP-256 RSA e kid n use'],
    );
    for (const key of keys) {
      for (const enc of ['A128CBC-HS256', 'A128GCM', 'A256GCM']) {
        const request = await encryptTo(key, await client.object(server.issuer), { enc });
        assert.equal(await answerTo(request), 'interaction', `${key.alg} ${enc}`);
      }
    }
    const discovery = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    const metadata = (await discovery.json()) as Record<string, unknown>;
    assert.deepEqual(metadata.request_object_encryption_alg_values_supported, ['RSA-OAEP-256', 'ECDH-ES']);
    assert.deepEqual(metadata.request_object_encryption_enc_values_supported, [
      'A128CBC-HS256',
      'A128GCM',
      'A256GCM',
    ]);
  });

  it('without kid, and pushed', async () => {
    const object = await client.object(server.issuer);
    const jwe = await encryptTo(await keyFor('ECDH-ES'), object, { kid: undefined });
    assert.equal(await answerTo(jwe), 'interaction');
    const headers = { Authorization: basic(client) };
    const body = new URLSearchParams({ request: jwe });
    const pushed = await fetch(`${server.issuer}/par`, { method: 'POST', headers, body });
    assert.equal(pushed.status, 201);
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const response = await new UserAgent().get(byValue(server.issuer, { client_id: client.id, request_uri }));
    assert.match(String(response.headers.get('location')), /\/interaction\//);
  });

  it('refuses a plaintext that nobody signed', async () => {
    const key = await keyFor('RSA-OAEP-256');
    const claims = JSON.stringify(client.claims(server.issuer));
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(claims).toString('base64url')}.`;
    for (const plaintext of [claims, unsigned, 'x', '']) {
      assert.equal(await answerTo(await encryptTo(key, plaintext)), 'invalid_request_object');
    }
    const twice = await encryptTo(key, await encryptTo(key, await client.object(server.issuer)));
    assert.equal(await answerTo(twice), 'invalid_request_object');
  });

  it('the keys are sealed in the store, and stay over a restart', async () => {
    const before = await encryptionKeys();
    await server.restart();
    assert.deepEqual(await encryptionKeys(), before);
    const store = await openStore(server.config.store, { clock: Date.now });
    const records = await readDecryptionKeys(store);
    await store.close();
    assert.deepEqual(new Set(records.map(({ kid }) => kid)), new Set(before.map(({ kid }) => kid)));
    const files = ['signet.db', 'signet.db-wal'].map((name) => readFileSync(join(server.directory, name)));
    for (const record of records) {
      const { d } = openDecryptionKey(record, createSealer(server.config)).export({ format: 'jwk' });
      assert.ok(d !== undefined && !JSON.stringify(record).includes(d));
      assert.ok(files.every((file) => !file.includes(d)));
    }
  });

  it('rotate: the old key decrypts until nobody has it any more', async () => {
    const old = await keyFor('ECDH-ES');
    const request = async () => await encryptTo(old, await client.object(server.issuer));
    await withClock(async (time) => {
      await follow(time, PERIOD - DAY);
      assert.equal((await keyFor('ECDH-ES')).kid, old.kid);
      await follow(time, DAY + 1);
      const next = await encryptionKeys();
      assert.equal(next.length, 2);
      assert.ok(next.every(({ kid }) => kid !== old.kid));
      assert.equal(await answerTo(await request()), 'interaction');
      await follow(time, OVERLAP - 10);
      assert.equal(await answerTo(await request()), 'interaction');
      await follow(time, 20);
      assert.equal(await answerTo(await request()), 'invalid_request_object');
      assert.deepEqual(await encryptionKeys(), next);
    });
  });

  it('another process withdraws a key: the next JWKS has another one, and the old one decrypts nothing', async () => {
    const old = await keyFor('RSA-OAEP-256');
    const request = await encryptTo(old, await client.object(server.issuer));
    const store = await openStore(server.config.store, { clock: Date.now });
    const sealer = createSealer(server.config);
    const options = { artifacts: store.artifacts, sealer, clock: Date.now, period: PERIOD };
    assert.equal(await withdrawDecryptionKey(options, String(old.kid)), true);
    assert.equal(await withdrawDecryptionKey(options, String(old.kid)), false);
    const next = (await readDecryptionKeys(store)).find(({ alg }) => alg === 'RSA-OAEP-256');
    await store.close();
    await server.running.followKeys();
    assert.equal((await keyFor('RSA-OAEP-256')).kid, next?.kid);
    assert.equal(await answerTo(request), 'invalid_request_object');
  });
});

describe('Without requestObjects.encryption', () => {
  it('the JWKS has no key to encrypt to, and nothing is made or kept', async () => {
    const client = await SigningClient.create('signing');
    const server = await startTestServer({ clients: [client.metadata] });
    const response = await fetch(`${server.issuer}/jwks`);
    const { keys } = (await response.json()) as { keys: JWK[] };
    assert.deepEqual(
      keys.map(({ use }) => use),
      ['sig'],
    );
    const store = await openStore(server.config.store, { clock: Date.now });
    assert.deepEqual(await readDecryptionKeys(store), []);
    await store.close();
    await server.stop();
  });
});
