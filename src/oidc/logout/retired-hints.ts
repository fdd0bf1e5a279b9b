import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Middleware } from 'koa';
import type { RouteContext } from '../feature.ts';

/**
 * An `id_token_hint` may be older than the published keys, or than the algorithm that its client is registered for. Such a hint cannot be
 * verified; the engine would reject the request, and the person would stay signed in. It is replaced by the `client_id` that it names, so
 * that the person is asked (OpenID Connect RP-Initiated Logout 1.0 §2).
 */
export function acceptRetiredHints({ published, provider }: RouteContext): Middleware {
  const algorithms = new Map<unknown, string | undefined>(published.keys.map(({ kid, alg }) => [kid, alg]));
  const algorithmOf = async (clientId: string): Promise<string | undefined> => {
    // A client that cannot be loaded is the engine's error.
    const client = await provider.Client.find(clientId).catch(() => undefined);
    return client?.idTokenSignedResponseAlg;
  };
  return async (ctx, next) => {
    const { id_token_hint: text, ...others } = ctx.query;
    const hint = typeof text === 'string' ? decode(text) : undefined;
    if (hint !== undefined && (others.client_id ?? hint.clientId) === hint.clientId) {
      const expected = algorithms.get(hint.kid);
      // A hint with another algorithm than its key is a forgery.
      const isOurs = expected !== undefined && hint.alg === expected;
      const registered = isOurs ? await algorithmOf(hint.clientId) : undefined;
      const isEarlier = registered !== undefined && registered !== expected;
      if (expected === undefined || isEarlier) ctx.query = { ...others, client_id: hint.clientId };
    }
    await next();
  };
}

interface Hint {
  kid: string;
  alg: string | undefined;
  clientId: string;
}

/** @returns undefined for a hint that names no key, or not one client */
function decode(text: string): Hint | undefined {
  try {
    const { kid, alg } = decodeProtectedHeader(text);
    const { aud } = decodeJwt(text);
    return kid === undefined || typeof aud !== 'string' ? undefined : { kid, alg, clientId: aud };
  } catch {
    return undefined;
  }
}
