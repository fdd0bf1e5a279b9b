import type { Middleware } from 'koa';

/** A step that is loaded with the first request that needs it, so that the server starts without it. */
export function whenNeeded(load: () => Promise<Middleware>): Middleware {
  let loading: Promise<Middleware> | undefined;
  return async (ctx, next) => {
    const step = await (loading ??= load());
    await step(ctx, next);
  };
}
