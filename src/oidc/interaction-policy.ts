import { interactionPolicy } from 'oidc-provider';

/** Someone whose account was disabled or removed signs in again, even while the session cookie lives. */
export function interactionPrompts(): interactionPolicy.DefaultPolicy {
  const prompts = interactionPolicy.base();
  prompts
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check(
        'account_unavailable',
        'End-User authentication is required',
        'login_required',
        (ctx) => ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined,
      ),
    );
  return prompts;
}
