import { type Client, Provider } from 'oidc-provider';
import type { ArtifactKind, Payload } from '../../store/store.ts';

/**
 * Opaque tokens, which are good for userinfo and refreshing, can be introspected (RFC 7662 §4) and revoked (RFC 7009 §2.1) by their own
 * client alone. For any other client such a token does not exist, so that no answer tells whether it is active.
 */
export const isOwnToken = (
  _ctx: unknown,
  client: Client,
  token: { clientId?: string | undefined },
): boolean => token.clientId === client.clientId;

const TOKENS: ReadonlySet<ArtifactKind> = new Set(['AccessToken', 'ClientCredentials', 'RefreshToken']);

/** Whether the current request is about a token of any kind, at introspection or revocation. */
export function isTokenLookup(kind: ArtifactKind): boolean {
  if (!TOKENS.has(kind)) return false;
  const route = Provider.ctx?.oidc.route;
  return route === 'introspection' || route === 'revocation';
}

const TOKEN_ROUTES: ReadonlySet<string> = new Set(['token', 'userinfo', 'introspection', 'revocation']);

/** Whether the current request is one with a token or code, and not of a browser, whose session a sign-in may be about to renew. */
export function isTokenRequest(): boolean {
  return TOKEN_ROUTES.has(Provider.ctx?.oidc.route ?? '');
}

/** The same where tokens are read, before anything else is looked up: the time of a look-up would tell. */
export function isOwnedBy(clientId: string | undefined): (token: Payload) => boolean {
  return (token) => token.clientId === clientId;
}
