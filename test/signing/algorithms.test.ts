import assert from 'node:assert/strict';
import { constants, createPrivateKey, sign } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, createLocalJWKSet, importJWK, type JWK } from 'jose';
import { SIGNING_ALGORITHMS, type SigningAlgorithm, verifySignature } from '../../src/signing/algorithms.ts';
import { createKeyRing, type KeyRing } from '../../src/signing/ring.ts';
import { generateLocalKey, localSigners } from '../../src/signing/signers/local.ts';
import { type LocalKey, parseStoredKey, type StoredKey } from '../../src/signing/stored-key.ts';

const NOW = 1_800_000_000;
const starts = { announcedAt: NOW, signsFrom: NOW };

/** Bytes: RFC 7518 §3.3 and §3.5 with 2048 bits, §3.4, RFC 8032 §5.1.6. */
const SIGNATURE_LENGTHS = { RS256: 256, PS256: 256, ES256: 64, EdDSA: 64 };

const PUBLIC_MEMBERS = {
  RS256: ['e', 'n'],
  PS256: ['e', 'n'],
  ES256: ['crv', 'x', 'y'],
  EdDSA: ['crv', 'x'],
};

/** A JWS in the compact serialization (RFC 7515 §7.1). */
async function jws(ring: KeyRing, alg: SigningAlgorithm, payload: string): Promise<string> {
  const key = ring.signer(alg);
  assert.ok(key !== undefined);
  const header = JSON.stringify({ alg: key.alg, kid: key.kid });
  const data = [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${data}.${Buffer.from(await key.sign(Buffer.from(data))).toString('base64url')}`;
}

describe('Signing algorithms', () => {
  const stored: LocalKey[] = [];
  let ring: KeyRing;
  before(async () => {
    for (const alg of SIGNING_ALGORITHMS) stored.push(await generateLocalKey(stored, { alg, ...starts }));
    ring = createKeyRing(stored, NOW, localSigners.open);
  });

  const keyOf = (alg: SigningAlgorithm): LocalKey => stored.find((key) => key.alg === alg)!;

  for (const alg of SIGNING_ALGORITHMS) {
    it(`${alg}: a JWS is verified by an independent implementation with the published key`, async () => {
      const token = await jws(ring, alg, 'payload');
      const jwks = createLocalJWKSet({ keys: ring.published.keys });
      const { payload, protectedHeader } = await compactVerify(token, jwks, { algorithms: [alg] });
      assert.equal(Buffer.from(payload).toString(), 'payload');
      assert.deepEqual(protectedHeader, { alg, kid: keyOf(alg).kid });
      const signature = Buffer.from(token.split('.')[2] ?? '', 'base64url');
      assert.equal(signature.length, SIGNATURE_LENGTHS[alg]);
    });

    it(`${alg}: the published key has the public members and no others, and its thumbprint as kid`, async () => {
      const jwk = ring.published.keys.find((each) => each.alg === alg) as JWK;
      assert.deepEqual(Object.keys(jwk).sort(), ['alg', 'kid', 'kty', 'use', ...PUBLIC_MEMBERS[alg]].sort());
      assert.equal(jwk.use, 'sig');
      assert.equal(jwk.kid, await calculateJwkThumbprint(jwk));
      await importJWK(jwk, alg);
    });

    it(`${alg}: a key is read back from its record, and not under another algorithm`, async () => {
      const key = keyOf(alg);
      assert.deepEqual(parseStoredKey(JSON.stringify(key)), key);
      const { kty, crv } = key.privateJwk;
      for (const other of SIGNING_ALGORITHMS) {
        const fits = kty === keyOf(other).privateJwk.kty && crv === keyOf(other).privateJwk.crv;
        const text = JSON.stringify({ ...key, alg: other });
        if (fits) assert.equal(parseStoredKey(text).alg, other);
        else assert.throws(() => parseStoredKey(text));
      }
    });

    it(`${alg}: signatures of other algorithms and over other data are rejected`, async () => {
      const data = Buffer.from('data');
      const key = ring.signer(alg)!;
      const signature = await key.sign(data);
      assert.equal(verifySignature(alg, data, key.publicKey, signature), true);
      assert.equal(verifySignature(alg, Buffer.from('Data'), key.publicKey, signature), false);
      for (const other of SIGNING_ALGORITHMS.filter((each) => each !== alg)) {
        assert.equal(verifySignature(alg, data, key.publicKey, await ring.signer(other)!.sign(data)), false);
      }
    });
  }

  it('ES256: a signature in ASN.1 is rejected (RFC 7518 §3.4)', () => {
    const key = createPrivateKey({ key: keyOf('ES256').privateJwk, format: 'jwk' });
    const data = Buffer.from('data');
    const { publicKey } = ring.signer('ES256')!;
    assert.equal(verifySignature('ES256', data, publicKey, sign('sha256', data, key)), false);
  });

  it('PS256: a signature with a salt of another length than the hash is rejected (RFC 7518 §3.5)', () => {
    const key = createPrivateKey({ key: keyOf('PS256').privateJwk, format: 'jwk' });
    const data = Buffer.from('data');
    const { publicKey } = ring.signer('PS256')!;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const signed = (saltLength: number) => sign('sha256', data, { key, padding, saltLength });
    assert.equal(verifySignature('PS256', data, publicKey, signed(32)), true);
    assert.equal(verifySignature('PS256', data, publicKey, signed(20)), false);
  });

  it('each have one key that signs; keys that are announced or retired never sign', async () => {
    const announced = await generateLocalKey(stored, {
      alg: 'ES256',
      announcedAt: NOW,
      signsFrom: NOW + 600,
    });
    const retired = { ...keyOf('PS256'), retiresAt: NOW, goneAt: NOW + 600 };
    const keys: StoredKey[] = [...stored.filter(({ alg }) => alg !== 'PS256'), announced, retired];
    const now = createKeyRing(keys, NOW, localSigners.open);
    assert.deepEqual(now.algorithms, ['RS256', 'ES256', 'EdDSA']);
    assert.equal(now.signer('ES256')?.kid, keyOf('ES256').kid);
    assert.equal(now.signer('PS256'), undefined);
    assert.equal(now.published.keys.length, 5);
    for (const kid of [announced.kid, retired.kid]) {
      const key = now.keys.find((each) => each.kid === kid)!;
      await assert.rejects(async () => key.sign(Buffer.from('data')), {
        name: 'SignerUnavailableError',
        statusCode: 503,
      });
    }
  });

  it('that are not configured only verify', () => {
    const now = createKeyRing(stored, NOW, localSigners.open, ['EdDSA']);
    assert.deepEqual(now.algorithms, ['RS256', 'EdDSA']);
    assert.equal(now.signer('ES256'), undefined);
    assert.equal(now.published.keys.length, 4);
  });
});
