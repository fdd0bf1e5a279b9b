import assert from 'node:assert/strict';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { RecentTexts } from '../../src/store/recent-texts.ts';
import { seal, sealingKey, unseal } from '../../src/store/sealing.ts';

describe('Recent texts', () => {
  const sealed = (id: string, text: string) => seal(sealingKey('Session', id), text);

  it('are those of the same sealed bytes under the same kind and id', () => {
    const texts = new RecentTexts();
    const own = texts.seal('Session', 'a', 'own');
    assert.equal(unseal(sealingKey('Session', 'a'), own), 'own');
    assert.equal(texts.unseal('Session', 'a', new Uint8Array(own)), 'own');
    // Written by another process.
    const other = sealed('a', 'other');
    for (const [bytes, text] of [
      [other, 'other'],
      [other, 'other'],
      [own, 'own'],
    ] as const)
      assert.equal(texts.unseal('Session', 'a', bytes), text);
    for (const [kind, id] of [
      ['Session', 'b'],
      ['Grant', 'a'],
    ] as const)
      assert.throws(() => texts.unseal(kind, id, own), StoreUnavailableError);
  });

  it('are not those of a record that was damaged', () => {
    const texts = new RecentTexts();
    const own = texts.seal('Session', 'a', 'own');
    for (let at = 0; at < own.length; at += 1) {
      const damaged = Buffer.from(own);
      damaged[at]! ^= 1;
      assert.throws(() => texts.unseal('Session', 'a', damaged), StoreUnavailableError, `byte ${at}`);
    }
    assert.equal(texts.unseal('Session', 'a', own), 'own');
  });

  it('are as many as their limit', () => {
    const texts = new RecentTexts();
    const long = 'x'.repeat(100_000);
    assert.equal(texts.unseal('Session', 'long', sealed('long', long)), long);
    assert.equal(texts.size, 0);
    for (let n = 0; n < 1500; n += 1) texts.seal('Session', `${n}`, 'text');
    assert.equal(texts.size, 1024);
    assert.equal(texts.unseal('Session', '0', sealed('0', 'again')), 'again');
    assert.equal(texts.size, 1024);
  });
});
