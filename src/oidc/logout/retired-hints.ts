import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Middleware } from 'koa';
import type { Client, Provider } from 'oidc-provider';
import { HMAC } from '../../clients/response-algorithms.ts';
import type { RouteContext } from '../feature.ts';

/**
 * An `id_token_hint` may be older than the published keys, or than the algorithm that its client is registered for. Such a hint cannot be
 * verified; the engine would reject the request, and the person would stay signed in. It is replaced by the `client_id` that it names, so
 * that the person is asked (OpenID Connect RP-Initiated Logout 1.0 §2). So is one of a client with HS256 that no secret verifies: it may be
 * from before a rotation.
 */
export function acceptRetiredHints({ published, provider }: RouteContext): Middleware {
  const algorithms = new Map<unknown, string | undefined>(published.keys.map(({ kid, alg }) => [kid, alg]));
  // A client that cannot be loaded is the engine's error.
  const find = (clientId: string): Promise<Client | undefined> =>
    provider.Client.find(clientId).catch(() => undefined);
  const isRetired = async ({ text, kid, alg, clientId }: Hint): Promise<boolean> => {
    if (alg === HMAC) {
      const client = await find(clientId);
      return client?.idTokenSignedResponseAlg === HMAC && !(await isVerified(provider, text, client));
    }
    if (kid === undefined) return false;
    const expected = algorithms.get(kid);
    if (expected === undefined) return true;
    // A hint with another algorithm than its key is a forgery.
    if (alg !== expected) return false;
    const registered = (await find(clientId))?.idTokenSignedResponseAlg;
    return registered !== undefined && registered !== expected;
  };
  return async (ctx, next) => {
    const { id_token_hint: text, ...others } = ctx.query;
    const hint = typeof text === 'string' ? decode(text) : undefined;
    const isOfClient = hint !== undefined && (others.client_id ?? hint.clientId) === hint.clientId;
    if (isOfClient && (await isRetired(hint))) ctx.query = { ...others, client_id: hint.clientId };
    await next();
  };
}

type Validate = (hint: string, client: Client) => Promise<unknown>;

/** By the engine, which checks the hint again. */
async function isVerified({ IdToken }: Provider, hint: string, client: Client): Promise<boolean> {
  const { validate } = IdToken as unknown as { validate: Validate };
  return await validate.call(IdToken, hint, client).then(
    () => true,
    () => false,
  );
}

interface Hint {
  text: string;
  kid: string | undefined;
  alg: string | undefined;
  clientId: string;
}

/** @returns undefined for a hint that names not one client */
function decode(text: string): Hint | undefined {
  try {
    const { kid, alg } = decodeProtectedHeader(text);
    const { aud } = decodeJwt(text);
    return typeof aud === 'string' ? { text, kid, alg, clientId: aud } : undefined;
  } catch {
    return undefined;
  }
}
