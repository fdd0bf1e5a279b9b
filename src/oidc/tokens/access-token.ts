import { createLocalJWKSet, decodeJwt, errors as joseErrors, jwtVerify, type JWK } from 'jose';
import type { Client } from 'oidc-provider';
import type { AccessTokenClaims } from '../../http/state.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { type Apis, findAccess } from './api-access.ts';

/**
 * Access tokens for APIs: JWTs (RFC 9068) that are not stored. This folder owns the claims that tie them to what ends them, their
 * verification, the scopes that they get (`scope.ts`), introspection and revocation. Tokens without an API are opaque and the engine's.
 *
 * A token is current while its signature and times are valid, its `jti` is not revoked, the grant and account under which it was issued
 * are active, and its client has access to the API.
 */

/** Names the grant of a person, so that the end of the grant ends the token without a write for each token. */
export const GRANT_CLAIM = 'grant_id';

/** In tokens that clients get for themselves: the instance of the client, so that a later client with the same id is another one. */
export const INSTANCE_CLAIM = 'client_instance';

const REQUIRED_CLAIMS = ['jti', 'sub', 'exp', 'aud', 'client_id'];

export interface AccessTokenOptions {
  issuer: string;
  keys: readonly JWK[];
  artifacts: ArtifactStore;
  apis: Apis;
  findClient: (id: string) => Promise<Client | undefined>;
  /** Whether a grant is active, with its account and its client. */
  isGrantActive: (grantId: string) => Promise<boolean>;
  /** Whether a client is registered, and is the one that the token was issued to. */
  isClientCurrent: (clientId: string, instance: unknown) => Promise<boolean>;
  /** Seconds of leeway on times. */
  clockTolerance: number;
}

export interface AccessTokens {
  /** @returns the claims of a token for a declared API that this server has signed and that has not expired */
  verify(token: string): Promise<AccessTokenClaims | undefined>;
  /**
   * @param claims of a token that was verified
   * @returns the claims of a current token, without scopes that its client can no longer request
   */
  current(claims: AccessTokenClaims): Promise<AccessTokenClaims | undefined>;
  isRevoked(claims: AccessTokenClaims): Promise<boolean>;
  revoke(claims: AccessTokenClaims): Promise<void>;
}

export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { issuer, artifacts, apis, findClient, clockTolerance } = options;
  const keySet = createLocalJWKSet({ keys: [...options.keys] });
  const tokens: AccessTokens = {
    async verify(token) {
      try {
        const { aud } = decodeJwt(token);
        const api = typeof aud === 'string' ? apis.byAudience.get(aud) : undefined;
        if (api === undefined) return undefined;
        const verified = await jwtVerify<AccessTokenClaims>(token, keySet, {
          issuer,
          typ: 'at+jwt',
          // The one that this token must have (RFC 8725 §3.1).
          algorithms: [api.signingAlgorithm],
          requiredClaims: REQUIRED_CLAIMS,
          clockTolerance,
        });
        return verified.payload;
      } catch (error) {
        if (error instanceof joseErrors.JOSEError) return undefined;
        throw error;
      }
    },
    async current(claims) {
      const { client_id: clientId, aud, scope } = claims;
      if ((await tokens.isRevoked(claims)) || !(await isIssuerCurrent(claims, options))) return undefined;
      const client = await findClient(clientId);
      const access = client && findAccess(apis, client, aud);
      if (access === undefined) return undefined;
      if (scope === undefined) return claims;
      const left = scope.split(' ').filter((each) => access.scopes.includes(each));
      return { ...claims, scope: left.length > 0 ? left.join(' ') : undefined };
    },
    isRevoked: async ({ jti }) => (await artifacts.find('RevokedAccessToken', jti)) !== undefined,
    // Remembered for as long as a clock that is a minute behind accepts the token.
    revoke: ({ jti, exp }) =>
      artifacts.upsert('RevokedAccessToken', jti, { payload: {}, expiresAt: exp + 60 }),
  };
  return tokens;
}

/** Whether the grant of a token is active, or the client that got the token for itself is the one that is registered now. */
async function isIssuerCurrent(
  claims: AccessTokenClaims,
  { isGrantActive, isClientCurrent }: AccessTokenOptions,
): Promise<boolean> {
  const grantId = claims[GRANT_CLAIM];
  return typeof grantId === 'string'
    ? await isGrantActive(grantId)
    : await isClientCurrent(claims.client_id, claims[INSTANCE_CLAIM]);
}
