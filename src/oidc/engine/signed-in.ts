import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';

/**
 * Who is signed in in the browser of a request, for pages at which the engine reads no session.
 * @param findAccount by its id
 * @returns undefined also for a session whose account was disabled or given another password since (`validity.ts`)
 */
export async function signedInAccount(
  ctx: Context,
  provider: Provider,
  findAccount: (id: string) => Promise<Account | undefined>,
): Promise<Account | undefined> {
  const id = ctx.cookies.get(provider.cookieName('session'), { signed: false });
  const session = id === undefined ? undefined : await provider.Session.find(id);
  if (session?.accountId === undefined) return undefined;
  const account = await findAccount(session.accountId);
  const { generation } = session as { generation?: number };
  return account?.disabled === false && account.generation === generation ? account : undefined;
}
