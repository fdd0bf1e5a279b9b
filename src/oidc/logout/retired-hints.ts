import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Context, Middleware } from 'koa';
import type { PublishedKeys } from '../../signing/key-ring.ts';

/**
 * A session outlives signing keys, and an app may keep an ID token for as long as that. A hint that was signed with a key which is gone
 * proves nothing any more; it would be refused, and the person stay signed in. It counts for no more than the `client_id` that is in
 * it: the person is asked (OpenID Connect RP-Initiated Logout 1.0 §2).
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
