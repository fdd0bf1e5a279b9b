import type { Client } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';
import { nowInSeconds } from '../../clock.ts';
import type { ArtifactStore, Payload } from '../../store/store.ts';
import { isGrantCurrent, type StoredGrant } from '../engine/generation.ts';
import type { RouteContext } from '../feature.ts';
import { isUsernameAllowed } from './introspection-members.ts';
import { isInSession } from './session-binding.ts';
import { isPlainToken, isValidRecord, type StoredToken, type StoredTokenKind } from './stored-token.ts';
import { isOwnedBy } from './token-owner.ts';
import { userinfoEndpoint } from './userinfo-audience.ts';

/**
 * @param client that is authenticated
 * @param hint `token_type_hint` of the request
 * @returns the response (RFC 7662 §2.2); undefined for a token that the engine must introspect
 */
export type IntrospectOpaque = (
  token: string,
  client: Client,
  hint: string | undefined,
) => Promise<object | undefined>;

const INACTIVE = { active: false };

const ACCESS_TOKEN_FIRST: readonly StoredTokenKind[] = ['AccessToken', 'RefreshToken'];
const REFRESH_TOKEN_FIRST: readonly StoredTokenKind[] = ['RefreshToken', 'AccessToken'];
/** RFC 7009 §2.1, RFC 8693 §3. */
const REFRESH_TOKEN_HINTS = new Set(['refresh_token', 'urn:ietf:params:oauth:token-type:refresh_token']);

type OpaqueContext = Pick<
  RouteContext,
  'store' | 'findAccount' | 'isSessionOver' | 'subjects' | 'clock' | 'config'
>;

/**
 * Introspection of opaque tokens, with the checks of the engine: the token, its session, its grant, and the account and client of that
 * (`engine/generation.ts`). A token of another client does not exist (`token-owner.ts`): nothing else is read, so that the time of the
 * response does not tell whether it is active.
 */
export function opaqueIntrospection({
  store,
  findAccount,
  isSessionOver,
  subjects,
  clock,
  config,
}: OpaqueContext): IntrospectOpaque {
  const { artifacts } = store;
  const { issuer } = config;
  const userinfo = userinfoEndpoint(config);

  /** @returns the account of a token whose grant is active */
  const findGrantor = async (
    token: StoredToken,
    client: Client,
    now: number,
  ): Promise<Account | undefined> => {
    const [grant, account] = await Promise.all([
      artifacts.find('Grant', token.grantId) as Promise<(Payload & StoredGrant) | undefined>,
      findAccount(token.accountId),
    ]);
    if (grant === undefined || account === undefined || !isValidRecord(grant, now)) return undefined;
    if (grant.clientId !== token.clientId || grant.accountId !== token.accountId) return undefined;
    return isGrantCurrent(grant, account, client) ? account : undefined;
  };

  return async (value, client, hint = '') => {
    const kinds = REFRESH_TOKEN_HINTS.has(hint) ? REFRESH_TOKEN_FIRST : ACCESS_TOKEN_FIRST;
    const found = await findOwnToken(artifacts, value, { kinds, clientId: client.clientId });
    if (found === undefined) return INACTIVE;
    const { kind, payload: token } = found;
    if (!isPlainToken(kind, token)) return undefined;
    const now = nowInSeconds(clock);
    if (token.consumed || token.exp <= now) return INACTIVE;
    const [account, isSignedIn] = await Promise.all([
      findGrantor(token, client, now),
      !token.expiresWithSession || isInSession({ artifacts, isSessionOver }, token, now),
    ]);
    if (account === undefined || !isSignedIn) return INACTIVE;
    const username = isUsernameAllowed(token.scope, client) ? account.username : undefined;
    const sub = await subjects.of(client, account.id);
    return introspectionResponse(kind, token, { value, issuer, userinfo, username, sub });
  };
}

/** A token is of one kind: the next kind is read when it is not of the one before. */
async function findOwnToken(
  artifacts: ArtifactStore,
  value: string,
  { kinds, clientId }: { kinds: readonly StoredTokenKind[]; clientId: string },
): Promise<{ kind: StoredTokenKind; payload: Payload } | undefined> {
  const isOwn = isOwnedBy(clientId);
  for (const kind of kinds) {
    const payload = await artifacts.find(kind, value, isOwn);
    if (payload !== undefined) return { kind, payload };
  }
  return undefined;
}

/** Members in the engine's order. Those that are undefined hide extra claims of their name. */
function introspectionResponse(
  kind: StoredTokenKind,
  token: StoredToken,
  {
    value,
    issuer,
    userinfo,
    username,
    sub,
  }: { value: string; issuer: string; userinfo: string; username: string | undefined; sub: string },
): object {
  const { jti, jkt, 'x5t#S256': x5t } = token;
  return Object.assign({ active: true, sub }, token.extra, {
    active: true,
    client_id: token.clientId,
    exp: token.exp,
    iat: token.iat,
    sid: token.sid,
    iss: issuer,
    jti: jti === value ? undefined : jti,
    aud: token.aud ?? (kind === 'AccessToken' ? userinfo : undefined),
    authorization_details: undefined,
    scope: token.scope || undefined,
    cnf: jkt || x5t ? { 'x5t#S256': x5t || undefined, jkt: jkt || undefined } : undefined,
    token_type: kind === 'RefreshToken' ? undefined : tokenType(jkt),
    username,
  });
}

/** RFC 9449 §5: a token that is bound to a key has a type of its own. */
function tokenType(jkt: string | undefined): 'DPoP' | 'Bearer' {
  return jkt ? 'DPoP' : 'Bearer';
}
