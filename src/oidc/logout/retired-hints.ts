import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Context, Middleware } from 'koa';
import type { PublishedKeys } from '../../signing/ring.ts';

/**
 * An `id_token_hint` may be older than the published keys. Such a hint cannot be verified; the engine would reject the request, and the
 * person would stay signed in. It is replaced by the `client_id` that it names, so that the person is asked (OpenID Connect RP-Initiated
 * Logout 1.0 §2).
 */
export function acceptRetiredHints({ keys }: PublishedKeys): Middleware {
  const known = new Set(keys.map(({ kid }) => kid));
  return (ctx, next) => {
    const { id_token_hint: hint, ...others } = ctx.query;
    const audience = typeof hint === 'string' ? audienceOf(hint, known) : undefined;
    if (audience !== undefined && (others.client_id ?? audience) === audience) {
      ctx.query = { ...others, client_id: audience };
    }
    return next();
  };
}

/** @returns undefined for a hint that names no key, or one that can still be verified */
function audienceOf(hint: string, known: ReadonlySet<unknown>): Context['query'][string] {
  try {
    const { kid } = decodeProtectedHeader(hint);
    const { aud } = decodeJwt(hint);
    return kid === undefined || known.has(kid) || typeof aud !== 'string' ? undefined : aud;
  } catch {
    return undefined;
  }
}
