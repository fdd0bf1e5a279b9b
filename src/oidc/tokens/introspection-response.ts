import type { Context } from 'koa';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { Problem } from '../../http/problem.ts';
import { override } from '../overrides.ts';

/**
 * Introspection responses as JWTs (RFC 9701), for a request with `Accept: application/token-introspection+jwt`. They are signed, and
 * encrypted where the client has registered that; such a client gets no other. For opaque tokens the engine makes them.
 */

/** The `mediaType` of the route. */
export const JWT = 'application/token-introspection+jwt';

/** Whether a request is answered with a JWT. */
export function wantsJwt({ req: { headers } }: Pick<Context, 'req'>): boolean {
  return headers.accept === JWT;
}

interface IdToken {
  ctx?: KoaContextWithOIDC;
  extra: { token_introspection?: object };
}
type Payload = (this: IdToken) => Promise<object>;

/**
 * Has the engine complete a response before it signs it.
 * @param complete gets the response, in place
 */
export function completeSignedResponses(
  provider: Provider,
  complete: (ctx: KoaContextWithOIDC, response: object) => void,
): void {
  override<Payload>(
    provider,
    'IdToken.prototype.payload',
    (payload) =>
      async function completedPayload() {
        const { ctx, extra } = this;
        const { token_introspection: response } = extra;
        if (ctx !== undefined && response !== undefined) complete(ctx, response);
        return await payload.call(this);
      },
  );
}

/**
 * Sends the response for a JWT, which the engine does not introspect, in the form that the request asks for.
 * @throws Problem when the client gets encrypted responses only, and asks for JSON
 */
export async function sendIntrospection(ctx: Context & KoaContextWithOIDC, response: object): Promise<void> {
  const { client, provider } = ctx.oidc;
  const isJwt = wantsJwt(ctx);
  const { introspectionEncryptedResponseAlg: encryption } = client as {
    introspectionEncryptedResponseAlg?: string;
  };
  if (encryption !== undefined && !isJwt) {
    // As the engine.
    throw new Problem(
      400,
      'invalid_request',
      `introspection must be requested with Accept: ${JWT} for this client`,
    );
  }
  ctx.status = 200;
  if (!isJwt) {
    ctx.body = response;
    return;
  }
  const token = new provider.IdToken({}, { client, ctx });
  token.set('token_introspection', response);
  ctx.body = await token.issue({ use: 'introspection' });
  ctx.type = `${JWT}; charset=utf-8`;
}
