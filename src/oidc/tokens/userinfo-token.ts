import { type AccessToken, type ClaimsParameter, errors, type Grant, Provider } from 'oidc-provider';
import type { AccessTokenClaims } from '../../http/state.ts';
import type { RouteContext } from '../feature.ts';
import { override } from '../overrides.ts';
import { apiAudience, GRANT_CLAIM, isForUserinfo, SESSION_CLAIM } from './access-token.ts';
import { isStructured } from './structured-token.ts';

/**
 * JWTs at userinfo. The engine needs the record of an access token, and JWTs are not stored: the record is made from the claims of a token
 * that is current (`access-token.ts`) and from its grant. So userinfo accepts a token for as long as introspection calls it active.
 */

type FindToken = (this: unknown, value: unknown, ...options: unknown[]) => Promise<AccessToken | undefined>;
type Context = Pick<RouteContext, 'provider' | 'accessTokens' | 'apis'>;

/** Makes the engine find the record of a JWT at userinfo. */
export function acceptApiTokens(context: Context): void {
  const { provider } = context;
  override<FindToken>(provider, 'AccessToken.find', (find) => async (value, ...options) => {
    const isJwt = typeof value === 'string' && isStructured(value);
    return isJwt && Provider.ctx?.oidc.route === 'userinfo'
      ? await findRecord(value, context)
      : await find.call(provider.AccessToken, value, ...options);
  });
}

/**
 * @returns undefined for a token that is not current
 * @throws InvalidToken for a token of this server that is not for userinfo
 */
async function findRecord(
  value: string,
  { provider, accessTokens, apis }: Context,
): Promise<AccessToken | undefined> {
  const verified = await accessTokens.verify(value);
  if (verified === undefined) return undefined;
  checkAudience(verified, apis.byAudience.get(apiAudience(verified))?.userinfo !== false);
  // A bearer request does not prove possession of the key that such a token is bound to (RFC 9449 §7.1, RFC 8705 §3).
  if (verified.cnf !== undefined)
    throw refused('access token is bound to a key, and was sent as a bearer token');
  const claims = await accessTokens.current(verified);
  const grant = claims && (await provider.Grant.find(String(claims[GRANT_CLAIM])));
  return grant && record(provider, claims, grant);
}

/** @param isAccepted whether the API shares its tokens with userinfo */
function checkAudience(claims: AccessTokenClaims, isAccepted: boolean): void {
  if (claims[GRANT_CLAIM] === undefined)
    throw refused('access token is of a client, and userinfo is about a person');
  if (!isAccepted) {
    throw refused(
      'access token is for an API alone, whose tokens userinfo does not accept',
      `userinfo is false for ${apiAudience(claims)}`,
    );
  }
  if (isForUserinfo(claims)) return;
  throw refused(
    'access token is for an API alone: leave out resource, and request openid, for one that userinfo accepts',
    `aud is ${apiAudience(claims)}: the request named it with resource, or had no openid, or was made before userinfo was on for it`,
  );
}

/** @param detail for the log */
function refused(description: string, detail = description): errors.InvalidToken {
  return Object.assign(new errors.InvalidToken(detail), { error_description: description });
}

/** The account is that of the grant: `sub` may be another identifier of it (OpenID Connect Core §8.1). */
function record(provider: Provider, claims: AccessTokenClaims, grant: Grant): AccessToken {
  const { accountId, clientId, jti: grantId, sessionUid } = grant as Grant & { sessionUid?: string };
  const { jti, iat, exp, scope } = claims;
  const properties = { jti, iat, exp, scope, accountId, clientId, grantId, sessionUid };
  return Reflect.construct(provider.AccessToken, [
    { ...properties, expiresWithSession: claims[SESSION_CLAIM] === true, claims: grantedClaims(grant) },
  ]) as AccessToken;
}

/** Single claims that the person has granted; a JWT does not have the claims request (OpenID Connect Core §5.5). */
function grantedClaims(grant: Grant): ClaimsParameter {
  return { userinfo: Object.fromEntries(grant.getOIDCClaims().map((name) => [name, null])) };
}
