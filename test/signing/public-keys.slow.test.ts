import assert from 'node:assert/strict';
import { createPublicKey, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { calculateJwkThumbprint, importSPKI, jwtVerify } from 'jose';
import { SIGNING_ALGORITHMS } from '../../src/signing/algorithms.ts';
import type { KeySource } from '../../src/signing/key-source.ts';
import { publicKeyFiles, publicJwks } from '../../src/signing/public-keys.ts';
import { createKeyRing, openKeyRing } from '../../src/signing/ring.ts';
import { rotate } from '../../src/signing/rotation.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import { jwkOf, type StoredKey } from '../../src/signing/stored-key.ts';
import { openStore } from '../../src/store/open.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';

const NOW = 1_800_000_000;
const ROTATION = { period: 90 * 86_400, tokenLifetime: 3600, algorithms: SIGNING_ALGORITHMS };

/** As the record of a key in an HSM: the public half alone. */
function inHsm(key: StoredKey): StoredKey {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicJwk } = jwkOf(key);
  const { privateJwk: _private, ...times } = key as StoredKey & { privateJwk?: unknown };
  return { ...times, publicJwk, hsmId: '00' };
}

describe('Public keys as files', () => {
  let directory: string;
  beforeEach(() => {
    directory = makeMemoryDirectory('signet-public-keys');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const sources: [string, () => Promise<{ source: KeySource; close: () => Promise<void> }>][] = [
    ['files', () => Promise.resolve({ source: keyFiles(directory), close: () => Promise.resolve() })],
    [
      'the store',
      async () => {
        const store = await openStore('sqlite::memory:', { clock: () => NOW * 1000 });
        const masterKeys = parseMasterKeys(randomBytes(32).toString('base64'));
        return { source: storedKeys(store, masterKeys, () => NOW * 1000), close: () => store.close() };
      },
    ],
  ];
  for (const [where, open] of sources) {
    it(`are those of the JWKS, of every algorithm, from ${where}`, async () => {
      const { source, close } = await open();
      const clock = () => NOW * 1000;
      await openKeyRing({ source, clock, algorithms: SIGNING_ALGORITHMS, onCreate: () => {} });
      const ring = await openKeyRing({ source, clock });
      const stored = await source.read();
      for (const keys of [stored, stored.map(inHsm)]) {
        const files = publicKeyFiles(keys, NOW);
        assert.deepEqual(
          files.map(({ alg, state }) => [alg, state]),
          SIGNING_ALGORITHMS.map((alg) => [alg, 'signing']),
        );
        assert.deepEqual(publicJwks(files).keys, ring.published.keys);
        for (const { kid, pem } of files) {
          assert.match(pem, /^-----BEGIN PUBLIC KEY-----\n[\w+/=\n]+-----END PUBLIC KEY-----\n$/);
          assert.equal(await calculateJwkThumbprint(createPublicKey(pem).export({ format: 'jwk' })), kid);
        }
      }
      await close();
    });
  }

  it('verify what their keys sign', async () => {
    const source = keyFiles(directory);
    const clock = () => NOW * 1000;
    const ring = await openKeyRing({ source, clock, algorithms: SIGNING_ALGORITHMS, onCreate: () => {} });
    for (const { alg, kid, pem } of publicKeyFiles(await source.read(), NOW)) {
      const input = [{ alg, kid }, { sub: 'a' }]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      const signer = ring.signer(alg) ?? assert.fail();
      const signature = await signer.sign(Buffer.from(input));
      const jwt = `${input}.${Buffer.from(signature).toString('base64url')}`;
      const { payload } = await jwtVerify(jwt, await importSPKI(pem, alg), { algorithms: [alg] });
      assert.deepEqual(payload, { sub: 'a' });
    }
  });

  it('are announced, signing and retired ones, and none that is gone', async () => {
    const source = keyFiles(directory);
    await openKeyRing({ source, clock: () => NOW * 1000, onCreate: () => {} });
    await rotate(source, ROTATION, NOW, { alg: 'RS256', signsFrom: NOW + 600, onMade: () => {} });
    const stored = await source.read();
    const states = (now: number) => publicKeyFiles(stored, now).map(({ state }) => state);
    assert.deepEqual(states(NOW), ['signing', 'announced']);
    assert.deepEqual(states(NOW + 600), ['retired', 'signing']);
    const { goneAt = 0 } = stored[0] ?? assert.fail();
    assert.deepEqual(states(goneAt), ['signing']);
    const published = createKeyRing(stored, NOW + 600, source.open).published.keys;
    assert.deepEqual(publicJwks(publicKeyFiles(stored, NOW + 600)).keys, published);
  });
});
