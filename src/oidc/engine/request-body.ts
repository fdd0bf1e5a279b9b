import type { Context, Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import { overrideProperty } from '../overrides.ts';

/**
 * The engine reads the body of a request itself. Where Signet has read and parsed it already (`http/form-body.ts`), the engine gets that
 * form: a body is read and parsed once.
 */

/** Before the engine: the request has no body any more. */
export function handOverForm(): Middleware {
  return (ctx, next) => {
    if (ctx.state.form !== undefined) {
      const { headers } = ctx.req;
      delete headers['content-type'];
      delete headers['content-length'];
      delete headers['transfer-encoding'];
    }
    return next();
  };
}

interface EngineContext {
  ctx: Context;
}

const ownBody = new WeakMap<EngineContext, unknown>();

export function useParsedForm(provider: Provider): void {
  overrideProperty<EngineContext, unknown>(provider, 'OIDCContext.prototype.body', {
    get() {
      return this.ctx.state.form ?? ownBody.get(this);
    },
    set(body) {
      ownBody.set(this, body);
    },
  });
}
