import { createLocalJWKSet, decodeJwt, errors as joseErrors, jwtVerify, type JWK } from 'jose';
import type { Client, Grant } from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Api } from '../../config/schema-apis.ts';
import type { AccessTokenClaims } from '../../http/state.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { accountOfGrant } from '../engine/generation.ts';
import type { SessionPolicy } from '../engine/session-policy.ts';
import { type Apis, findAccess } from './api-access.ts';
import { isInSession } from './session-binding.ts';

/**
 * Access tokens for APIs: JWTs (RFC 9068) that are not stored. This folder owns the claims that tie them to what ends them, their
 * verification, the scopes that they get (`scope.ts`), introspection and revocation. Tokens without an API are opaque and the engine's.
 *
 * A token is current while its signature and times are valid, its `jti` is not revoked, the grant, the account and, without
 * `offline_access`, the session under which it was issued are active, and its client has access to the API.
 *
 * The audience is the API, or the API and the userinfo endpoint (`userinfo-audience.ts`).
 */

/** Names the grant of a person, so that the end of the grant ends the token without a write for each token. */
export const GRANT_CLAIM = 'grant_id';

/** In tokens that clients get for themselves: the instance of the client, so that a later client with the same id is another one. */
export const INSTANCE_CLAIM = 'client_instance';

/** True in tokens of persons that end with the session. */
export const SESSION_CLAIM = 'ends_with_session';

/** An ID token has neither `jti` nor `client_id`, so that it is no access token of an API with `accessTokenType: JWT` either. */
const REQUIRED_CLAIMS = ['jti', 'sub', 'exp', 'aud', 'client_id'];

/** What a person allowed a client. */
export interface ActiveGrant {
  /** Of the account. */
  readonly username: string;
  /** Of OpenID Connect. */
  readonly scopes: ReadonlySet<string>;
}

export interface CurrentAccessToken {
  /** Without scopes that the client can no longer request. */
  readonly claims: AccessTokenClaims;
  /** Undefined for a token that a client got for itself. */
  readonly grant: ActiveGrant | undefined;
}

export interface AccessTokenOptions {
  issuer: string;
  keys: readonly JWK[];
  artifacts: ArtifactStore;
  isSessionOver: SessionPolicy;
  apis: Apis;
  findClient: (id: string) => Promise<Client | undefined>;
  /** The second audience that a token can have. */
  userinfoEndpoint: string;
  /** A grant that is active, with its account and its client. */
  findGrant: (grantId: string) => Promise<Grant | undefined>;
  /** Whether a client is registered, and is the one that the token was issued to. */
  isClientCurrent: (clientId: string, instance: unknown) => Promise<boolean>;
  clock: Clock;
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
  /** The same with the grant. */
  describe(claims: AccessTokenClaims): Promise<CurrentAccessToken | undefined>;
  isRevoked(claims: AccessTokenClaims): Promise<boolean>;
  revoke(claims: AccessTokenClaims): Promise<void>;
}

export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { issuer, artifacts, apis, findClient, clockTolerance } = options;
  const keySet = createLocalJWKSet({ keys: [...options.keys] });
  const tokens: AccessTokens = {
    async verify(token) {
      try {
        const api = apiOfAudience(decodeJwt(token).aud, options);
        if (api === undefined) return undefined;
        const { payload, protectedHeader } = await jwtVerify<AccessTokenClaims>(token, keySet, {
          issuer,
          // The one that this token must have (RFC 8725 §3.1).
          algorithms: [api.signingAlgorithm],
          requiredClaims: REQUIRED_CLAIMS,
          clockTolerance,
        });
        return isTypeOf(api, protectedHeader.typ) ? payload : undefined;
      } catch (error) {
        if (error instanceof joseErrors.JOSEError) return undefined;
        throw error;
      }
    },
    current: async (claims) => (await tokens.describe(claims))?.claims,
    async describe(claims) {
      const [isRevoked, authority] = await Promise.all([
        tokens.isRevoked(claims),
        findAuthority(claims, options),
      ]);
      if (isRevoked || authority === undefined) return undefined;
      const { grant } = authority;
      const client = await findClient(claims.client_id);
      const access = client && findAccess(apis, client, apiAudience(claims));
      if (access === undefined) return undefined;
      if (claims.scope === undefined) return { claims, grant };
      const isOpenid = (scope: string) => isForUserinfo(claims) && grant?.scopes.has(scope) === true;
      const left = claims.scope.split(' ').filter((each) => access.scopes.includes(each) || isOpenid(each));
      return { claims: { ...claims, scope: left.length > 0 ? left.join(' ') : undefined }, grant };
    },
    isRevoked: async ({ jti }) => (await artifacts.find('RevokedAccessToken', jti)) !== undefined,
    // Remembered for as long as a clock that is a minute behind accepts the token.
    revoke: ({ jti, exp }) =>
      artifacts.upsert('RevokedAccessToken', jti, { payload: {}, expiresAt: exp + 60 }),
  };
  return tokens;
}

/** Tokens from before `accessTokenType: JWT` was set stay valid: `at+jwt` says more. */
function isTypeOf({ accessTokenType }: Api, typ: string | undefined): boolean {
  return typ === 'at+jwt' || typ === accessTokenType;
}

/** The API that a token is for, beside userinfo. */
export function apiAudience({ aud }: AccessTokenClaims): string {
  return typeof aud === 'string' ? aud : aud[0];
}

/** Whether the userinfo endpoint accepts a token that was verified. */
export function isForUserinfo({ aud }: AccessTokenClaims): boolean {
  return Array.isArray(aud);
}

/** @returns undefined for an audience that no token of this server has */
function apiOfAudience(
  aud: unknown,
  { apis, userinfoEndpoint }: Pick<AccessTokenOptions, 'apis' | 'userinfoEndpoint'>,
): Api | undefined {
  const [audience, ...others]: unknown[] = Array.isArray(aud) ? aud : [aud, userinfoEndpoint];
  if (typeof audience !== 'string' || others.length !== 1 || others[0] !== userinfoEndpoint) return undefined;
  return apis.byAudience.get(audience);
}

/** What a token was issued under: a grant, or the client alone. Undefined when that has ended. */
async function findAuthority(
  claims: AccessTokenClaims,
  options: AccessTokenOptions,
): Promise<{ grant: ActiveGrant | undefined } | undefined> {
  const { findGrant, isClientCurrent, clock } = options;
  const grantId = claims[GRANT_CLAIM];
  // The client got the token for itself: the one that is registered now must be that one.
  if (typeof grantId !== 'string') {
    const isCurrent = await isClientCurrent(claims.client_id, claims[INSTANCE_CLAIM]);
    return isCurrent ? { grant: undefined } : undefined;
  }
  const grant: (Grant & { sessionUid?: string }) | undefined = await findGrant(grantId);
  const account = grant && accountOfGrant(grant);
  if (account === undefined || grant?.clientId !== claims.client_id) return undefined;
  const { clientId, sessionUid } = grant;
  const session = { sessionUid, accountId: account.id, clientId, grantId };
  const isActive =
    claims[SESSION_CLAIM] !== true || (await isInSession(options, session, nowInSeconds(clock)));
  return isActive
    ? { grant: { username: account.username, scopes: new Set(grant.getOIDCScope().split(' ')) } }
    : undefined;
}
