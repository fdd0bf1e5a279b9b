/**
 * Members of introspection responses that the engine does not have (RFC 7662 §2.2). `aud` of an opaque access token is the userinfo endpoint.
 *
 * `username` is the name that the person signs in with, which is unique, unlike `preferred_username`. The introspection clients of an API get
 * it. A client that asks about its own token gets it if the person has allowed it to see the profile (RFC 7662 §5).
 */

export const USERNAME_SCOPE = 'profile';

/** @param scope of an opaque token */
export function isUsernameAllowed(scope: unknown): boolean {
  return typeof scope === 'string' && scope.split(' ').includes(USERNAME_SCOPE);
}
