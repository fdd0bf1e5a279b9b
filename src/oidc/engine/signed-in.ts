import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';
import { isSessionEnded } from '../../accounts/revocations.ts';
import { isSessionOver, sessionLimits, type WrittenSession } from '../../accounts/session-limits.ts';
import { nowInSeconds, systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { useLanguageOf } from '../../http/languages.ts';
import type { SignedIn } from '../../http/services.ts';
import type { UseSession } from './session-use.ts';

/**
 * The account and session of a browser, for pages at which the engine reads no session. The page has the language of the account.
 * @param findAccount by its id
 * @param useSession absent where the session is not used, but ended
 * @returns undefined also for a session whose account was disabled or got another password since (`generation.ts`)
 */
export async function findSignedIn(
  ctx: Context,
  provider: Provider,
  findAccount: (id: string) => Promise<Account | undefined>,
  lifetimes: Config['lifetimes'],
  useSession?: UseSession,
): Promise<SignedIn | undefined> {
  const id = ctx.cookies.get(provider.cookieName('session'), { signed: false });
  const session = id === undefined ? undefined : await provider.Session.find(id);
  if (session?.accountId === undefined) return undefined;
  const account = await findAccount(session.accountId);
  const signedIn = signedInWith(session, account, lifetimes);
  if (signedIn === undefined) return undefined;
  useLanguageOf(ctx, signedIn.account);
  await useSession?.(ctx, session, signedIn.account);
  return signedIn;
}

/** @returns undefined for a session that the account has ended, or that is longer than it may be */
export function signedInWith(
  session: StoredSession,
  account: Account | undefined,
  lifetimes: Config['lifetimes'],
): SignedIn | undefined {
  const { uid, generation, loginTs = 0, acr, amr = [], secondFactorAt } = session;
  if (account === undefined || account.disabled || account.generation !== generation) return undefined;
  if (session.accountId !== account.id || isSessionEnded(account, uid)) return undefined;
  const limits = sessionLimits(lifetimes, account);
  if (isSessionOver(session, limits, lifetimes, nowInSeconds(systemClock))) return undefined;
  return { account, session: { uid }, generation, authTime: loginTs, acr, amr, secondFactorAt };
}

/** With members that the engine's types leave out. */
interface StoredSession extends WrittenSession {
  uid: string;
  accountId?: string | undefined;
  generation?: number;
  acr?: string | undefined;
  amr?: string[] | undefined;
  secondFactorAt?: number;
}
