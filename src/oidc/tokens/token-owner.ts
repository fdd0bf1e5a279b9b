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

/** The same where tokens are read, before the engine looks up anything else: the time of a look-up would tell. */
export function isHidden(kind: ArtifactKind, token: Payload | undefined): boolean {
  if (token === undefined || !TOKENS.has(kind)) return false;
  const { route, client } = Provider.ctx?.oidc ?? {};
  return (route === 'introspection' || route === 'revocation') && token.clientId !== client?.clientId;
}
