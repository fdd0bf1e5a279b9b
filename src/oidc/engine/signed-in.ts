import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';
import { isSessionEnded } from '../../accounts/revocations.ts';
import { useLanguageOf } from '../../http/languages.ts';
import type { SignedIn } from '../../http/services.ts';

/**
 * The account and session of a browser, for pages at which the engine reads no session. The page has the language of the account.
 * @param findAccount by its id
 * @returns undefined also for a session whose account was disabled or got another password since (`generation.ts`)
 */
export async function findSignedIn(
  ctx: Context,
  provider: Provider,
  findAccount: (id: string) => Promise<Account | undefined>,
): Promise<SignedIn | undefined> {
  const id = ctx.cookies.get(provider.cookieName('session'), { signed: false });
  const session = id === undefined ? undefined : await provider.Session.find(id);
  if (session?.accountId === undefined) return undefined;
  const account = await findAccount(session.accountId);
  const { generation } = session as { generation?: number };
  if (account === undefined || account.disabled || account.generation !== generation) return undefined;
  if (isSessionEnded(account, session.uid)) return undefined;
  useLanguageOf(ctx, account);
  return { account, session: { uid: session.uid }, generation };
}
