import type { Account, FindAccount } from 'oidc-provider';
import type { Account as SignetAccount } from '../../accounts/accounts.ts';
import { clientSettings } from './client-settings.ts';
import { sessionIsCurrent } from './generation.ts';

/**
 * The engine's account lookup, with the claims of an account. A disabled or removed account is not found, so refresh, userinfo and silent
 * sign-in fail from then on.
 */
export function accountFinder(find: (id: string) => Promise<SignetAccount | undefined>): FindAccount {
  return async (ctx, sub, token): Promise<Account | undefined> => {
    const account = await find(sub);
    if (account === undefined || account.disabled) return undefined;
    // A token is checked with its grant (`generation.ts`); only a session is checked here.
    if (token === undefined && !sessionIsCurrent(ctx, account)) return undefined;
    return {
      accountId: account.id,
      generation: account.generation,
      revocations: account.revocations,
      claims: (use) => {
        const subject = { sub: account.id };
        if (use === 'id_token' && !belongsInIdToken(ctx)) return subject;
        return {
          updated_at: account.updatedAt,
          preferred_username: account.username,
          ...account.claims,
          ...subject,
        };
      },
    };
  };
}

/**
 * Claims go to userinfo, not to the ID token (OpenID Connect Core §5.4), unless the client asks for them there or its access token
 * is for an API and so cannot be used at userinfo.
 */
function belongsInIdToken(ctx: Parameters<FindAccount>[0]): boolean {
  const { client, entities } = ctx.oidc;
  const audience = entities.AccessToken?.aud;
  return audience !== undefined || (client !== undefined && clientSettings(client).idTokenClaims);
}
