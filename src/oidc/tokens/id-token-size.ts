import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Logger } from '../../observability/log.ts';

/**
 * Warns about large ID tokens. Apps keep an ID token in a cookie, of which browsers store 4096 bytes (RFC 6265 §6.1), and send it in a URL
 * to sign out.
 */

const MAX_BYTES = 4096;

/** Clients that are remembered as warned about. Clients may come and go while the server runs. */
const MAX_WARNED = 10_000;

/** One warning for each client. */
export function warnAboutLargeIdTokens(provider: Provider, log: Logger): void {
  const warned = new Set<string>();
  provider.on('grant.success', (ctx: KoaContextWithOIDC) => {
    const { id_token: token } = (ctx.body ?? {}) as { id_token?: string };
    const clientId = ctx.oidc.client?.clientId;
    if (token === undefined || token.length <= MAX_BYTES || clientId === undefined) return;
    if (warned.has(clientId) || warned.size >= MAX_WARNED) return;
    warned.add(clientId);
    log.warn(
      { traceId: ctx.state.traceId, clientId, claim: largestClaim(token), bytes: token.length },
      'ID token is larger than 4 KiB; remove the scope of this claim from the client, or set id_token_claims: false',
    );
  });
}

/** @returns undefined for an encrypted one */
function largestClaim(token: string): string | undefined {
  if (token.split('.').length !== 3) return undefined;
  const sizes = Object.entries(decodeJwt(token)).map(
    ([name, value]) => [name, Buffer.byteLength(JSON.stringify(value))] as const,
  );
  return sizes.toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
