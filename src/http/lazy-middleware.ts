import type { Middleware } from 'koa';

/** A step that is loaded with the first request that needs it, so that the server starts without it. One that cannot be is tried again. */
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
