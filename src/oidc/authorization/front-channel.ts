import type { EventEmitter } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { hasAccessToken } from '../../clients/response-types.ts';
import type { ResponseParameters } from '../engine/intercepted-provider.ts';
import { override } from '../overrides.ts';

/** Tokens of the authorization endpoint (implicit and hybrid flows, OpenID Connect Core §3.2, §3.3). */

const ROUTES: ReadonlySet<string> = new Set(['authorization', 'resume']);

/** Whether the tokens of this request are sent by the front channel, and not by the token endpoint. */
export function isFrontChannelRequest({ oidc: { route } }: KoaContextWithOIDC): boolean {
  return ROUTES.has(route);
}

/** Whether the response to an authorization request will have an access token. */
export function requestsAccessToken({ oidc: { params } }: KoaContextWithOIDC): boolean {
  return typeof params?.response_type === 'string' && hasAccessToken(params.response_type);
}

/** Listeners get the context and the parameters of an authorization response with tokens, when its writes are committed. */
export const TOKENS_ISSUED = 'authorization.tokens_issued';

export function emitTokens(
  provider: Provider,
  ctx: KoaContextWithOIDC,
  parameters: ResponseParameters,
): void {
  if (parameters.access_token === undefined && parameters.id_token === undefined) return;
  (provider as EventEmitter).emit(TOKENS_ISSUED, ctx, parameters);
}

type IssueIdToken = (this: IdToken, options?: { use?: string }) => Promise<string>;

interface IdToken {
  ctx: KoaContextWithOIDC | undefined;
  set(claim: string, value: unknown): void;
}

/**
 * Adds `s_hash` to ID tokens of the authorization endpoint, by which a client can detect another `state` (FAPI 1.0 Advanced §5.1). The
 * engine adds it for FAPI 1.0 alone, and replaces the value by its hash when it signs.
 */
export function addStateHash(provider: Provider): void {
  override<IssueIdToken>(
    provider,
    'IdToken.prototype.issue',
    (issue) =>
      async function issueWithStateHash(options) {
        const { ctx } = this;
        if (options?.use === 'idtoken' && ctx !== undefined && isFrontChannelRequest(ctx)) {
          const state = ctx.oidc.params?.state;
          if (typeof state === 'string' && state !== '') this.set('s_hash', state);
        }
        return await issue.call(this, options);
      },
  );
}

type Invalidate = (this: unknown, message: string, code?: string) => void;

/** Rules of the engine for redirect URIs of web clients with the implicit grant. */
const REDIRECT_RULES: ReadonlySet<string | undefined> = new Set([
  'implicit-force-https',
  'implicit-forbid-localhost',
]);

/** Applications in development are on http and localhost. `clients/redirect-uri.ts` has accepted their redirect URIs. */
export function acceptDevelopmentRedirects(provider: Provider): void {
  override<Invalidate>(
    provider,
    'Client.Schema.prototype.invalidate',
    (invalidate) =>
      function invalidateUnlessDevelopment(message, code) {
        if (!REDIRECT_RULES.has(code)) invalidate.call(this, message, code);
      },
  );
}
