import assert from 'node:assert/strict';
import { matchCode } from '../../src/accounts/credentials/totp.ts';

describe('The code of an authenticator app', () => {
  it('has the digits, the period and the hash of the app (RFC 6238, appendix B)', () => {
    const seedOf = (length: number) => Buffer.from('1234567890'.repeat(7).slice(0, length));
    const vectors = [
      ['SHA1', 20, '94287082'],
      ['SHA256', 32, '46119246'],
      ['SHA512', 64, '90693936'],
    ] as const;
    for (const [algorithm, length, typed] of vectors) {
      const app = { lastStep: 0, drift: 0, code: { algorithm, digits: 8, period: 30 } };
      assert.deepEqual(matchCode(seedOf(length), typed, app, 59), { step: 1, drift: 0 });
      const slow = { ...app, code: { ...app.code, period: 60 } };
      assert.deepEqual(matchCode(seedOf(length), typed, slow, 119), { step: 1, drift: 0 });
      assert.equal(matchCode(seedOf(length), typed.slice(2), app, 59), undefined);
    }
  });
});
