import type { Client } from 'oidc-provider';
import { clientSettings } from '../engine/client-settings.ts';

/**
 * Members of introspection responses that the engine does not have (RFC 7662 §2.2). `aud` of an opaque access token is the userinfo endpoint.
 *
 * `username` is the username of the account, which is unique, unlike `preferred_username`. The introspection clients of an API get it. A
 * client that asks about its own token gets it if the person has allowed it to see the profile (RFC 7662 §5), for as long as the client may.
 */

export const USERNAME_SCOPE = 'profile';

/**
 * @param scope of an opaque token, as it was issued
 * @param client that has the token
 */
export function isUsernameAllowed(scope: unknown, client: Client): boolean {
  const { allowedScopes } = clientSettings(client);
  return (
    typeof scope === 'string' &&
    scope.split(' ').includes(USERNAME_SCOPE) &&
    allowedScopes.has(USERNAME_SCOPE)
  );
}
