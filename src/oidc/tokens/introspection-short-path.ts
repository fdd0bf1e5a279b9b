import type { Middleware } from 'koa';
import { plainClientAuthentication } from '../client-auth/plain-client.ts';
import { type PlainRequest, plainRequestReader } from '../client-auth/plain-request.ts';
import { leaveToEngine, sendJson } from '../engine/short-path.ts';
import type { RouteContext } from '../feature.ts';
import { wantsJwt } from './introspection-response.ts';
import type { IntrospectJwt } from './jwt-introspection.ts';
import { opaqueIntrospection } from './opaque-introspection.ts';
import { isStructured } from './structured-token.ts';

/**
 * Introspection (RFC 7662) without the engine, for an API that asks about each request that it gets. The response is the engine's.
 *
 * It is an allow-list, like the one of the client credentials grant (`grants/client-credentials-short-path.ts`): it takes a client whose
 * metadata, a request whose parameters and headers, and a token whose members are all implemented. Everything else, and every request that
 * would be rejected, is left to the engine, which gets the request as it came.
 */

type Parameter = 'token' | 'token_type_hint';
type ShortPathContext = Pick<
  RouteContext,
  'provider' | 'store' | 'findAccount' | 'isSessionOver' | 'subjects' | 'secretThrottle' | 'clock' | 'config'
>;

/** In front of the engine's introspection endpoint. */
export function introspectionShortPath(context: ShortPathContext, introspectJwt: IntrospectJwt): Middleware {
  const readRequest = plainRequestReader<Parameter>(['token', 'token_type_hint']);
  const authenticate = plainClientAuthentication({
    ...context,
    implemented: ['grant_types', 'scope', 'introspection_signed_response_alg'],
  });
  const introspectOpaque = opaqueIntrospection(context);

  const introspect = async (
    request: PlainRequest<Parameter>,
    ctx: { readonly ip: string },
  ): Promise<object | undefined> => {
    const { token, token_type_hint: hint } = request.form;
    // An empty parameter is a missing one (RFC 6749 §3.2).
    if (token === undefined || token === '') return undefined;
    const client = await authenticate(request, ctx);
    if (client === undefined) return undefined;
    return isStructured(token)
      ? await introspectJwt(token, client.clientId)
      : await introspectOpaque(token, client, hint);
  };

  return async (ctx, next) => {
    const request = wantsJwt(ctx) ? undefined : readRequest(ctx);
    const body = request && (await introspect(request, ctx).catch(leaveToEngine));
    if (body === undefined) await next();
    else sendJson(ctx, body);
  };
}
