import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { signingQueue } from '../../src/signing/signers/signing-queue.ts';

const data = (text: string) => Buffer.from(text);

describe('signing queue', () => {
  it('signs in the order of the calls, one in each turn of the event loop', async () => {
    const signed: string[] = [];
    const sign = signingQueue((input) => {
      signed.push(Buffer.from(input).toString());
      return input;
    });
    const all = Promise.all(['a', 'b', 'c'].map((text) => sign(data(text))));
    assert.deepEqual(signed, []);
    const seen = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await nextTurn();
      seen.push([...signed]);
    }
    assert.deepEqual(seen, [['a'], ['a', 'b'], ['a', 'b', 'c']]);
    assert.deepEqual(
      (await all).map((bytes) => Buffer.from(bytes).toString()),
      ['a', 'b', 'c'],
    );
  });

  it('gives each caller its own signature or error', async () => {
    const sign = signingQueue((input) => {
      if (input[0] === data('x')[0]) throw new Error('refused');
      return input;
    });
    const outcomes = await Promise.allSettled(['a', 'x', 'b'].map((text) => sign(data(text))));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('starts again after it was empty', async () => {
    const sign = signingQueue((input) => input);
    assert.deepEqual(await sign(data('a')), data('a'));
    assert.deepEqual(await sign(data('b')), data('b'));
  });
});
