import assert from 'node:assert/strict';
import type { Context } from 'koa';
import { lazyMiddleware } from '../../src/http/lazy-middleware.ts';

describe('lazyMiddleware', () => {
  it('loads once, and again after a failure', async () => {
    let loads = 0;
    const step = lazyMiddleware(() => {
      loads += 1;
      return loads === 1 ? Promise.reject(new Error('EMFILE')) : Promise.resolve((_ctx, next) => next());
    });
    const run = async () => await step({} as Context, () => Promise.resolve());
    await assert.rejects(run(), /EMFILE/);
    await run();
    await run();
    assert.equal(loads, 2);
  });
});
