import type { Context, Middleware } from 'koa';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { newTraceId } from '../observability/trace-id.ts';
import { SelfTestConnection } from './self-test.ts';

/**
 * The first middleware: sets the trace id, which response, pages, log and audit events share, and writes one log line when the request is
 * done. Paths and queries may contain secrets, so the line has the name of the route instead.
 */
export function requestLog(log: Logger, metrics: Metrics): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    const traceId = newTraceId();
    ctx.state.traceId = traceId;
    ctx.res.setHeader('Trace-Id', traceId);
    try {
      await next();
    } finally {
      const milliseconds = performance.now() - started;
      const { method = '' } = ctx.req;
      const status = ctx.res.statusCode;
      const { narrowedScope, problem } = ctx.state;
      const isSelfTest = ctx.req.socket instanceof SelfTestConnection;
      const route = isSelfTest ? 'self_test' : routeOf(ctx);
      metrics.request(route, method, status, milliseconds / 1000);
      log[isSelfTest ? 'trace' : 'info']({
        traceId,
        method,
        route,
        status,
        ms: Math.round(milliseconds * 10) / 10,
        detail: problem?.options.detail,
        ...(narrowedScope !== undefined && { narrowedScope }),
      });
    }
  };
}

/** The engine's name of the route, or ours. */
function routeOf(ctx: Context): string {
  return (ctx._matchedRouteName as string | undefined) ?? ctx.state.route ?? 'none';
}
