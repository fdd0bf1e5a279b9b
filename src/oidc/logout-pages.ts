import type { Configuration } from 'oidc-provider';
import type { ShowPage } from '../http/show-page.ts';

type Logout = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

/** The two pages of RP-initiated logout: the question, and the goodbye. */
export function logoutPages(showPage: ShowPage): Pick<Logout, 'logoutSource' | 'postLogoutSuccessSource'> {
  return {
    logoutSource: (ctx, form) => {
      const { client, session } = ctx.oidc;
      const target = session?.state?.postLogoutRedirectUri;
      showPage(
        ctx,
        'logout',
        {
          form,
          clientName: client?.clientName ?? client?.clientId,
          keepsAccess: Object.values(session?.authorizations ?? {}).some(
            (authorization) => authorization.persistsLogout === true,
          ),
        },
        { formTargets: typeof target === 'string' ? [target] : [] },
      );
    },
    postLogoutSuccessSource: (ctx) => {
      const { client } = ctx.oidc;
      showPage(ctx, 'signed-out', { clientName: client?.clientName ?? client?.clientId });
    },
  };
}
