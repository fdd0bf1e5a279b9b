import { randomUUID } from 'node:crypto';
import type { Client, Provider } from 'oidc-provider';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** The part of the engine's model that its types leave out. */
interface LogoutToken {
  mask: Record<string, null>;
  set(name: string, value: unknown): void;
  /** With `use: 'logout'`: `typ` is `logout+jwt`, and the token expires after two minutes. */
  issue(options: { use: 'logout' }): Promise<string>;
}

type LogoutTokenModel = new (
  claims: { sub: string },
  context: { client: Client; ctx: undefined },
) => LogoutToken;

/**
 * A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4), signed as the ID tokens of the client are, with the `sub` that they have.
 * Each call makes another one (`jti`).
 */
export async function issueLogoutToken(
  provider: Provider,
  client: Client,
  { accountId, sid }: { accountId: string; sid: string },
): Promise<string> {
  const IdToken = provider.IdToken as unknown as LogoutTokenModel;
  const token = new IdToken({ sub: accountId }, { client, ctx: undefined });
  token.mask = { sub: null };
  token.set('events', { [EVENT]: {} });
  token.set('jti', randomUUID());
  token.set('sid', sid);
  return await token.issue({ use: 'logout' });
}
