import assert from 'node:assert/strict';
import { redirectTarget, splitNode } from '../../src/store/redis/durability/cluster-redirect.ts';

describe('A redirection of a Redis Cluster', () => {
  const ASKED = '10.0.0.1:6379';

  for (const [text, expected] of [
    ['MOVED 183 127.0.0.1:38825', '127.0.0.1:38825'],
    ['MOVED 183 redis-2.example:6379', 'redis-2.example:6379'],
    ['MOVED 183 2001:db8::1:6379', '2001:db8::1:6379'],
    ['MOVED 183 :6380', '10.0.0.1:6380'],
    ['ASK 183 127.0.0.1:6379', undefined],
    ['ERR MOVED 183 127.0.0.1:6379', undefined],
    ['MOVED 183', undefined],
  ] as const) {
    it(`${text} is ${expected === undefined ? 'not a redirection' : `a redirection to ${expected}`}`, () => {
      assert.equal(redirectTarget(new Error(text), ASKED), expected);
    });
  }

  it('is only recognised in an error', () => {
    assert.equal(redirectTarget('MOVED 183 127.0.0.1:6379', ASKED), undefined);
  });

  it('names a node whose host may be an IPv6 address', () => {
    assert.deepEqual(splitNode('2001:db8::1:6379'), ['2001:db8::1', '6379']);
  });
});
