import assert from 'node:assert/strict';
import type { Context } from 'koa';
import { createLoginConcurrencyLimit } from '../../src/interactions/login-concurrency-limit.ts';

describe('createLoginConcurrencyLimit', () => {
  it('marks requests beyond the queue and of closed connections as overloaded', async () => {
    const turns = createLoginConcurrencyLimit({ concurrency: 1, queue: 2 });
    const first = Promise.withResolvers<void>();
    const hashed: string[] = [];
    const seen: string[] = [];
    const submit = async (name: string, res = { destroyed: false }): Promise<void> => {
      const ctx = { state: {}, res } as unknown as Context;
      await turns.middleware(ctx, async () => {
        seen.push(name);
        if (ctx.state.overloaded === true) return;
        hashed.push(name);
        await first.promise;
      });
    };
    const leaving = { destroyed: false };
    const all = [submit('a'), submit('b'), submit('leaves', leaving), submit('waits')];
    assert.equal(turns.waiting, 2);
    await submit('too many');
    assert.deepEqual(seen.toSorted(), ['a', 'b', 'too many']);
    leaving.destroyed = true;
    first.resolve();
    await Promise.all(all);
    assert.deepEqual(seen.slice(3), ['leaves', 'waits']);
    assert.deepEqual(hashed, ['a', 'b', 'waits']);
    assert.equal(turns.waiting, 0);
  });
});
