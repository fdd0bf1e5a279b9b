import type { Account, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import type { Account as SignetAccount } from '../../accounts/accounts.ts';
import type { Config } from '../../config/config.ts';
import { EVERY_CLAIM } from './every-claim.ts';
import { clientSettings } from './client-settings.ts';
import { sessionIsCurrent } from './generation.ts';

/**
 * The engine's account lookup, with the claims of an account. A disabled or removed account is not found, so refresh, userinfo and silent
 * sign-in fail from then on.
 */
export function accountFinder(
  find: (id: string) => Promise<SignetAccount | undefined>,
  lifetimes: Config['lifetimes'],
): FindAccount {
  return async (ctx, sub, token): Promise<Account | undefined> => {
    const account = await find(sub);
    if (account === undefined || account.disabled) return undefined;
    // A token is checked with its grant (`generation.ts`); only a session is checked here.
    if (token === undefined && !sessionIsCurrent(ctx, account, lifetimes)) return undefined;
    return {
      accountId: account.id,
      generation: account.generation,
      revocations: account.revocations,
      claims: (use, _scope, requested) => {
        const subject = { sub: account.id };
        const all = {
          updated_at: account.updatedAt,
          preferred_username: account.username,
          ...account.claims,
          ...subject,
        };
        if (use !== 'id_token' || belongsInIdToken(ctx)) return { ...all, [EVERY_CLAIM]: account.claims };
        // What the `claims` parameter names for the ID token, and was granted (OpenID Connect Core §5.5).
        return { ...picked(all, Object.keys(requested)), ...subject };
      },
    };
  };
}

function picked(claims: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]),
  );
}

/**
 * Claims go to userinfo (OpenID Connect Core §5.4), except in an ID token from the token endpoint: when the client has `id_token_claims`, or
 * when its access token is for an API. An ID token from the authorization endpoint passes through the browser, and has them only when the
 * client gets nothing that is good for userinfo.
 */
function belongsInIdToken({ oidc: { route, client, entities, params } }: KoaContextWithOIDC): boolean {
  // An access token for an API is not good for userinfo, and the client can get no other one.
  if (route !== 'token')
    return (
      params?.response_type === 'id_token' ||
      (params?.response_type === 'id_token token' && params.resource !== undefined)
    );
  if (client !== undefined && clientSettings(client).idTokenClaims) return true;
  return entities.AccessToken?.aud !== undefined;
}
