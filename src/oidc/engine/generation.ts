import { randomBytes } from 'node:crypto';
import type { Client, Grant, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';
import { isSessionEnded, isWithdrawn, sessionEndedAt, withdrawalsOf } from '../../accounts/revocations.ts';
import {
  isSessionOver,
  OVER,
  sessionLimits,
  shorterLimits,
  type WrittenSession,
} from '../../accounts/session-limits.ts';
import { mayUseClient } from '../../clients/group-access.ts';
import { nowInSeconds, systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { override } from '../overrides.ts';
import { CLAIM_SCOPES } from './claims.ts';
import { clientSettings } from './client-settings.ts';
import { type LoginResult, newLogin } from './login-result.ts';

/**
 * Sessions and grants are valid for one generation of their account, and grants for one instance of their client. Both are compared at
 * every use, and so are the single sessions and consents that were ended (`accounts/revocations.ts`). So a password change, a disabled
 * account, a removed client or an ended session ends all of them at once, also those that a concurrent request stores a moment later. A client that loses a scope gets no more tokens with it.
 */

interface WithGeneration {
  generation?: number | undefined;
}

/** Members that Signet adds to a session. A sign-in sets the first two, and every use the limits. */
interface SessionMembers extends WithGeneration, WrittenSession {
  secondFactorAt?: LoginResult['secondFactorAt'];
}

type FindGrant = (
  this: unknown,
  id: string,
  options?: { ignoreExpiration?: boolean },
) => Promise<GenerationGrant | undefined>;

interface GrantValidity extends WithGeneration {
  instance?: string;
  /** `uid` of the session that it belongs to. */
  sessionUid?: string;
  /** `withdrawalsOf` the account when it was made. */
  withdrawals?: number;
}

type GenerationGrant = Grant & GrantValidity;

/** A grant as the store has it. */
export interface StoredGrant extends GrantValidity {
  accountId?: string;
  clientId?: string;
  /** Epoch seconds. */
  iat?: number;
}

const accounts = new WeakMap<Grant, Account>();

/** The account that a grant was found with. */
export function accountOfGrant(grant: Grant): Account | undefined {
  return accounts.get(grant);
}

/** Makes the engine store the generation and instance, and find only grants that match. */
export function checkGeneration(
  provider: Provider,
  findAccount: (id: string) => Promise<Account | undefined>,
): void {
  addPayloadFields(provider, 'Session.IN_PAYLOAD', ['generation', 'secondFactorAt', 'limits']);
  addPayloadFields(provider, 'Grant.IN_PAYLOAD', [
    'generation',
    'instance',
    'apis',
    'destinations',
    'sessionUid',
    'withdrawals',
  ]);
  override<FindGrant>(provider, 'Grant.find', (find) => async (id, options) => {
    const grant = await find.call(provider.Grant, id, options);
    if (grant?.accountId === undefined || grant.clientId === undefined) return undefined;
    const account = await findAccount(grant.accountId);
    const client = await provider.Client.find(grant.clientId);
    if (account === undefined || client === undefined) return undefined;
    if (!isGrantCurrent(grant, account, client)) return undefined;
    removeLostScopes(grant, clientSettings(client).allowedScopes);
    accounts.set(grant, account);
    return grant;
  });
}

/** A grant of a session, with the current generation of the account and the current instance of the client. */
export function newGrant(
  provider: Provider,
  account: Pick<Account, 'id' | 'generation' | 'revocations'>,
  client: Client,
  sessionUid: string | undefined,
): Grant {
  const grant: GenerationGrant = new provider.Grant({ accountId: account.id, clientId: client.clientId });
  grant.generation = account.generation;
  grant.instance = clientSettings(client).instance;
  grant.withdrawals = withdrawalsOf(account);
  if (sessionUid !== undefined) grant.sessionUid = sessionUid;
  return grant;
}

/**
 * Whether the session of a request has the account's current generation, and is no longer than it may be. A sign-in that has just finished
 * makes it so. An ended session may have been written again by a concurrent request (`accounts/revocations.ts`); a later sign-in in it makes
 * it another session.
 */
export function sessionIsCurrent(
  ctx: KoaContextWithOIDC,
  account: Account,
  lifetimes: Config['lifetimes'],
): boolean {
  const session: (SessionMembers & { uid: string }) | undefined = ctx.oidc.session;
  const login = newLogin(ctx.oidc);
  if (session === undefined) return false;
  const endedAt = sessionEndedAt(account, session.uid);
  if (endedAt !== undefined) {
    if (login?.accountId !== account.id || (login.ts ?? 0) <= endedAt) return false;
    session.uid = newUid();
  }
  if (login?.accountId === account.id) {
    if (session.generation !== login.generation && login.generation !== undefined)
      session.generation = login.generation;
    if (session.secondFactorAt !== login.secondFactorAt) session.secondFactorAt = login.secondFactorAt;
  }
  const limits = sessionLimits(lifetimes, account);
  const isOver = login === undefined && isSessionOver(session, limits, lifetimes, nowInSeconds(systemClock));
  session.limits = isOver ? OVER : shorterLimits(limits, lifetimes);
  return !isOver && session.generation === account.generation;
}

function newUid(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether nothing has ended a grant of this account and this client since it was made, and the account may use the client. */
export function isGrantCurrent(
  grant: GenerationGrant | StoredGrant,
  account: Account,
  client: Client,
): boolean {
  const { instance, allowedGroups } = clientSettings(client);
  return (
    !account.disabled &&
    grant.generation === account.generation &&
    grant.instance === instance &&
    !isSessionEnded(account, grant.sessionUid) &&
    !isWithdrawn(account, instance, grant) &&
    mayUseClient(allowedGroups, account)
  );
}

/**
 * Removes OpenID scopes that the client has lost, and single claims that these open; tokens issued earlier lose them too. Scopes of APIs are
 * checked when a token for the API is issued.
 */
function removeLostScopes({ openid }: Grant, allowed: ReadonlySet<string>): void {
  if (openid?.claims !== undefined)
    openid.claims = openid.claims.filter((claim) => allowed.has(CLAIM_SCOPES.get(claim) ?? ''));
  if (openid?.scope === undefined) return;
  const scopes = openid.scope.split(' ').filter((scope) => allowed.has(scope));
  openid.scope = scopes.join(' ');
}

/** oidc-provider stores only the members of a model that its class lists. */
function addPayloadFields(
  provider: Provider,
  list: 'Session.IN_PAYLOAD' | 'Grant.IN_PAYLOAD',
  names: readonly string[],
): void {
  override<readonly string[]>(provider, list, (fields) => [...fields, ...names]);
}
