import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { digest, digestText, IV_LENGTH, seal, sealingKey, unseal } from '../../src/store/sealing.ts';

describe('Sealing', () => {
  const id = 'Yqz_M_8ppyqXnM7mu2ue0wsnPKKQ0uA4lEYLu7WpAsV';

  it('digests purpose, kind and id with SHA-256', () => {
    const expected = createHash('sha256').update('artifact\0Session\0é').digest();
    assert.deepEqual(digest('artifact', 'Session', 'é'), expected);
    assert.equal(digestText('artifact', 'Session', 'é'), expected.toString('base64url'));
  });

  it('uses each IV once', () => {
    const key = sealingKey('Session', id);
    const sealed = Array.from({ length: 2000 }, () => seal(key, 'text'));
    const ivs = new Set(sealed.map((each) => each.toString('hex', 0, IV_LENGTH)));
    assert.equal(ivs.size, 2000);
    assert.deepEqual(new Set(sealed.map((each) => unseal(key, each))), new Set(['text']));
  });

  it('opens what it has sealed, of any length, and nothing that was changed', () => {
    const key = sealingKey('Session', id);
    for (const text of ['', '{"name":"Ünïcödé 🙂"}', 'x'.repeat(100_000)]) {
      const sealed = seal(key, text);
      assert.equal(unseal(key, new Uint8Array(sealed)), text);
      assert.throws(() => unseal(sealingKey('Session', 'other'), sealed), StoreUnavailableError);
      for (const at of [0, IV_LENGTH, sealed.length - 1]) {
        const changed = Buffer.from(sealed);
        changed[at]! ^= 1;
        assert.throws(() => unseal(key, changed), StoreUnavailableError);
      }
    }
  });
});
