import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactVerify, createLocalJWKSet } from 'jose';
import { parseConfig } from '../../src/config/config.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { KeySourceError, SignerUnavailableError } from '../../src/signing/errors.ts';
import type { KeySource } from '../../src/signing/key-source.ts';
import { createKeyRing, type KeyRing, openKeyRing } from '../../src/signing/ring.ts';
import { promote, rotate, withdraw } from '../../src/signing/rotation.ts';
import { selfTestSigners } from '../../src/signing/signer-self-test.ts';
import { hsmKeys } from '../../src/signing/signers/pkcs11/hsm-keys.ts';
import { type Hsm, openHsm } from '../../src/signing/signers/pkcs11/hsm.ts';
import { TOKEN_ALGORITHMS } from '../../src/signing/signers/pkcs11/mechanisms.ts';
import type { TokenKey } from '../../src/signing/signers/pkcs11/token-session.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { signingRate } from './signing-rate.ts';
import { itLong } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { recycledKey } from '../support/signing-key.ts';
import { makeToken, needSoftHsm, type TestToken } from '../support/softhsm.ts';

const now = Math.floor(Date.now() / 1000);
const SETTINGS = { algorithms: SIGNING_ALGORITHMS, period: 90 * 86_400, tokenLifetime: 3600 };

async function verifyWithJose(ring: KeyRing, alg: SigningAlgorithm): Promise<void> {
  const key = ring.signer(alg)!;
  const header = Buffer.from(JSON.stringify({ alg, kid: key.kid })).toString('base64url');
  const data = `${header}.${Buffer.from('payload').toString('base64url')}`;
  const token = `${data}.${Buffer.from(await key.sign(Buffer.from(data))).toString('base64url')}`;
  const jwks = createLocalJWKSet({ keys: ring.published.keys });
  await compactVerify(token, jwks, { algorithms: [alg] });
}

/** A token that supports no mechanism. */
const reject = (): Promise<never> =>
  Promise.reject(new SignerUnavailableError('the HSM: CKR_MECHANISM_INVALID'));
const unable = { sign: reject, generate: reject, find: reject, destroy: async () => {} };

describe('Keys of every algorithm in an HSM', function () {
  this.timeout(60_000);
  let directory: string;
  let token: TestToken;
  let hsm: Hsm;
  let source: KeySource;
  /** An RSA key of the token that no key of a ring has. */
  let single: TokenKey;
  before(async function () {
    await needSoftHsm(this);
    token = await makeToken();
    hsm = await openHsm({ settings: parseConfig({ hsm: token.settings }).hsm });
    single = await hsm.generate('RS256', 'single');
  });
  after(async () => {
    await hsm?.close();
    token?.stop();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'signet-keys-'));
    source = hsmKeys(keyFiles(directory), hsm, undefined);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const open = (from: KeySource, algorithms = SIGNING_ALGORITHMS as readonly SigningAlgorithm[]) =>
    openKeyRing({ source: from, clock: () => now * 1000, algorithms, onCreate: () => {} });
  const reread = async () => createKeyRing(await source.read(), now, source.open);

  it('are made by it, sign in the format of a JWS, and have only the public half in their record', async () => {
    const ring = await open(source);
    await selfTestSigners(ring);
    for (const alg of SIGNING_ALGORITHMS) await verifyWithJose(ring, alg);
    for (const key of await source.read()) {
      assert.ok('hsmId' in key && !('d' in key.publicJwk));
      const label = key.alg === 'RS256' ? 'signet-1' : `signet-${key.alg}-1`;
      assert.equal((await hsm.find(key.alg, { id: key.hsmId, label })).id, key.hsmId);
    }
    const file = JSON.parse(readFileSync(join(directory, 'ES256', '0001-ES256.json'), 'utf8')) as object;
    assert.ok(!('privateJwk' in file));
  });

  for (const alg of SIGNING_ALGORITHMS) {
    // The token's part is to make a key and to sign with it, which the case above does with each algorithm.
    const itOnce = alg === 'ES256' ? it : itLong;
    itOnce(`${alg}: are rotated, promoted and withdrawn, and follow a local key`, async () => {
      const local = { ...keyFiles(directory), make: recycledKey };
      const first = await open(local);
      const { kid } = await rotate(source, SETTINGS, now, { alg });
      await promote(source, kid, SETTINGS, now);
      const second = await reread();
      assert.equal(second.signer(alg)?.kid, kid);
      await verifyWithJose(second, alg);
      for (const other of SIGNING_ALGORITHMS.filter((each) => each !== alg)) {
        assert.equal(second.signer(other)?.kid, first.signer(other)?.kid);
      }
      await withdraw(source, kid, SETTINGS, now);
      const third = await reread();
      assert.notEqual(third.signer(alg)?.kid, kid);
      await verifyWithJose(third, alg);
    });
  }

  it('are adopted by the label of the key for RS256 with the algorithm', async () => {
    const ids = new Map<string, string>();
    for (const [alg, label] of [
      ['RS256', 'login'],
      ['PS256', 'login-PS256'],
      ['ES256', 'login-ES256'],
      ['EdDSA', 'login-EdDSA'],
    ] as const) {
      ids.set(alg, (await hsm.generate(alg, label)).id);
    }
    const named = hsmKeys(keyFiles(directory), hsm, { label: 'login' });
    const ring = await open(named);
    for (const key of await named.read()) assert.equal('hsmId' in key && key.hsmId, ids.get(key.alg));
    for (const alg of SIGNING_ALGORITHMS) await verifyWithJose(ring, alg);
  });

  it('are not adopted without a key of that label, or with an id alone', async () => {
    const byLabel = hsmKeys(keyFiles(directory), hsm, { label: 'single' });
    await assert.rejects(
      open(byLabel, ['RS256', 'ES256']),
      /no EC key of the token with the label single-ES256 matches hsm\.uri/,
    );
    const byId = hsmKeys(keyFiles(directory), hsm, { id: single.id });
    await assert.rejects(open(byId, ['RS256', 'EdDSA']), {
      name: 'KeySourceError',
      message:
        'hsm.uri names a key by its id alone, which is for RS256; name it by object, and the key for EdDSA by the same with -EdDSA',
    });
  });

  it('serve one algorithm each: an RSA key of the ring is not adopted for another', async () => {
    const same = { ...unable, find: async () => single };
    const named = hsmKeys(keyFiles(directory), same, { label: 'single' });
    await open(named, ['RS256']);
    await assert.rejects(open(named, ['RS256', 'PS256']), /the ring already has the key that hsm\.uri names/);
  });

  it('that it cannot make: one sentence says so', async () => {
    const limited = hsmKeys(keyFiles(directory), unable, undefined);
    await assert.rejects(open(limited, ['RS256', 'EdDSA']), (error: Error) => {
      assert.ok(error instanceof KeySourceError);
      assert.equal(
        error.message,
        'the HSM cannot make a key for EdDSA (CKR_MECHANISM_INVALID); signet keys rotate --local --alg EdDSA makes a local one',
      );
      return true;
    });
  });

  itLong('sign at the speed of the HSM', async () => {
    const ring = await open(source);
    for (const alg of SIGNING_ALGORITHMS) {
      const rate = await signingRate(() => ring.signer(alg)!.sign(Buffer.alloc(500, 'x')), 16);
      figure(`${alg}: SoftHSM2 with 2 sessions signs ${rate}/s for 16 concurrent calls`);
    }
  });
});

describe('The public key that a token shows', () => {
  const P256 = Buffer.from('06082a8648ce3d030107', 'hex');
  const P384 = Buffer.from('06052b81040022', 'hex');
  const point = Buffer.concat([Buffer.from([4]), Buffer.alloc(32, 1), Buffer.alloc(32, 2)]);
  const octetString = Buffer.concat([Buffer.from([0x04, 65]), point]);

  it('is a point of P-256, in an OCTET STRING or bare', () => {
    const [x, y] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64url'));
    for (const value of [point, octetString]) {
      assert.deepEqual(TOKEN_ALGORITHMS.ES256.toJwk([P256, value]), { kty: 'EC', crv: 'P-256', x, y });
    }
    assert.throws(() => TOKEN_ALGORITHMS.ES256.toJwk([P384, octetString]), /not on the curve P-256/);
    const compressed = Buffer.concat([Buffer.from([0x04, 33, 2]), Buffer.alloc(32, 1)]);
    for (const value of [compressed, Buffer.alloc(0), Buffer.alloc(65, 2)]) {
      assert.throws(() => TOKEN_ALGORITHMS.ES256.toJwk([P256, value]), /does not show the point/);
    }
  });

  it('is a key of Ed25519, named by its identifier or its name, in an OCTET STRING, a BIT STRING or bare', () => {
    const key = Buffer.alloc(32, 3);
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
    for (const parameters of ['06032b6570', '130c656477617264733235353139']) {
      for (const header of ['', '0420', '032100']) {
        const values = [Buffer.from(parameters, 'hex'), Buffer.concat([Buffer.from(header, 'hex'), key])];
        assert.deepEqual(TOKEN_ALGORITHMS.EdDSA.toJwk(values), jwk);
      }
    }
    const ed448 = Buffer.from('06032b6571', 'hex');
    assert.throws(() => TOKEN_ALGORITHMS.EdDSA.toJwk([ed448, key]), /not on the curve Ed25519/);
    const ed25519 = Buffer.from('06032b6570', 'hex');
    assert.throws(
      () => TOKEN_ALGORITHMS.EdDSA.toJwk([ed25519, Buffer.alloc(57)]),
      /does not show the public key/,
    );
  });
});
