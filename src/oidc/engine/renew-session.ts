import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { isSessionEnded } from '../../accounts/revocations.ts';
import { withSecondFactor } from '../../accounts/sign-in/methods.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { RenewSession } from '../../http/services.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { engineCookies } from './cookies.ts';
import { sessionListing } from './session-listing.ts';

/**
 * A person who changes the password, or enrols a first factor, stays signed in where they do it, and nowhere else: the change raises the
 * generation of the account, which ends every session. Then the session of this browser begins again under a new id and `uid` (OWASP ASVS
 * 7.2.4), in the new generation and without applications: their grants are void, and they have been told that the former session has ended.
 * It has the factor that was enrolled, whose code would otherwise be asked for at once, and be refused as one that was used.
 */
export function createSessionRenewal(
  provider: Provider,
  { artifacts, clock, issuer }: { artifacts: Pick<ArtifactStore, 'upsert'>; clock: Clock; issuer: string },
): RenewSession {
  const cookie = provider.cookieName('session');
  return async (ctx, change, proven) => {
    const id = ctx.cookies.get(cookie, { signed: false });
    const session = id === undefined ? undefined : await provider.Session.find(id);
    const account = await change();
    if (account === undefined) return;
    if (session?.accountId !== account.id || account.disabled || isSessionEnded(account, session.uid)) return;
    const { authorizations: _ended, ...kept } = session as unknown as Record<string, unknown>;
    const payload: Record<string, unknown> = {
      ...kept,
      ...(proven && secondFactorOf(session, proven(), nowInSeconds(clock))),
      jti: randomId(),
      uid: randomId(),
      generation: account.generation,
    };
    await artifacts.upsert('Session', String(payload.jti), {
      payload,
      expiresAt: Number(payload.exp),
      uid: String(payload.uid),
      accountId: account.id,
      listed: sessionListing(payload, nowInSeconds(clock), undefined, ctx),
    });
    setCookie(ctx, String(payload.jti), Number(payload.exp));
  };

  function setCookie(ctx: Context, id: string, expiresAt: number): void {
    const expires = new Date(expiresAt * 1000);
    ctx.cookies.set(cookie, id, { ...engineCookies(issuer).long, expires, overwrite: true });
  }
}

function secondFactorOf(
  { acr, amr = [] }: { acr?: string | undefined; amr?: string[] | undefined },
  proven: readonly string[],
  now: number,
) {
  const authentication = withSecondFactor({ acr, amr }, proven);
  return authentication && { ...authentication, secondFactorAt: now };
}

function randomId(): string {
  return randomBytes(32).toString('base64url');
}
