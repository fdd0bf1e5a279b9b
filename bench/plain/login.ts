import { text } from 'node:stream/consumers';
import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import { ACCOUNT, ARGON2ID } from '../servers/fixture.ts';

/**
 * The simplest sign-in: a form, and a password checked with argon2id in the request handler, without a queue. argon2 is loaded by the
 * first sign-in, so that it does not slow down a cold start.
 */
export function loginPages(provider: Provider): Middleware {
  let checking: Promise<(password: string) => Promise<boolean>> | undefined;
  return async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) {
      await next();
      return;
    }
    const { prompt, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
    if (ctx.method === 'GET') {
      ctx.type = 'html';
      ctx.body = prompt.name === 'login' ? page(LOGIN_FIELDS) : page('');
      return;
    }
    if (prompt.name === 'consent') {
      const result = { consent: grantId === undefined ? {} : { grantId } };
      ctx.redirect(
        await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: true }),
      );
      return;
    }
    const form = new URLSearchParams(await text(ctx.req));
    const check = await (checking ??= passwordCheck());
    const correct = await check(form.get('password') ?? '');
    if (!correct || form.get('login') !== ACCOUNT.login) ctx.throw(401, 'unknown user or wrong password');
    const result = { login: { accountId: ACCOUNT.login } };
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  };
}

async function passwordCheck(): Promise<(password: string) => Promise<boolean>> {
  const { hash, verify } = await import('argon2');
  const stored = await hash(ACCOUNT.password, ARGON2ID);
  return (password) => verify(stored, password);
}

const LOGIN_FIELDS = '<input name="login"><input name="password" type="password">';

function page(fields: string): string {
  return `<!doctype html><title>Plain</title><form method="post">${fields}<button>Continue</button></form>`;
}
