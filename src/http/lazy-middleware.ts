import type { Middleware } from 'koa';

/** Middleware that is loaded by the first request that needs it, so that the server starts without it. A failed load is retried. */
export function lazyMiddleware(load: () => Promise<Middleware>): Middleware {
  let loading: Promise<Middleware> | undefined;
  return async (ctx, next) => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    const step = await loading;
    await step(ctx, next);
  };
}
