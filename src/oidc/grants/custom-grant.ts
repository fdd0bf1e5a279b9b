import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { GrantType } from '../../clients/grant-types.ts';
import type { Grant } from '../feature.ts';
import { type AccessTokenResponse, issueAccessToken } from '../tokens/issue-access-token.ts';

/** A grant that the engine does not have (RFC 6749 §4.5). */
export interface CustomGrant<Type extends GrantType> {
  readonly grantType: Type;
  readonly spec: Grant['spec'];
  /** Parameters of the token request, beside `scope`, `resource` and `audience`. All others are dropped, and none can occur twice. */
  readonly parameters: readonly string[];
  /**
   * Validates the request and answers it. The engine has authenticated the client, and has checked that it is registered for the grant.
   * @param issue an access token for the API that the request names; at most once
   * @returns the token response
   * @throws OIDCProviderError
   */
  readonly handle: (
    ctx: KoaContextWithOIDC,
    issue: () => Promise<AccessTokenResponse>,
  ) => Promise<AccessTokenResponse>;
}

/** A grant on the authority of the request alone, whose tokens are for one API. */
export function customGrant<Type extends GrantType>(grant: CustomGrant<Type>): Grant<Type> {
  const { grantType, spec, parameters, handle } = grant;
  return {
    spec,
    grantType,
    policy: 'client',
    auditEvents: ['token.issued'],
    extend(provider, { apis }) {
      provider.registerGrantType(
        grantType,
        async (ctx) => {
          ctx.body = await handle(ctx, () => issueAccessToken(ctx, apis));
        },
        ['scope', 'resource', ...parameters],
        ['resource'],
      );
    },
  };
}

/**
 * @returns the value of a parameter that the grant requires
 * @throws InvalidRequest
 */
export function requireParameter({ oidc: { params } }: KoaContextWithOIDC, name: string): string {
  const value = params?.[name];
  if (typeof value !== 'string' || value === '') {
    throw new errors.InvalidRequest(`missing required parameter '${name}'`);
  }
  return value;
}
