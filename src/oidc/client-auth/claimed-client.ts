import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';

/** The client that a request names, registered or not, and how it authenticates. */

/** The `client_id` that a request claims; empty when it names none. */
export function claimedClientId({ oidc, headers, query }: KoaContextWithOIDC): string {
  const { client, params = query } = oidc;
  const id = client?.clientId ?? params.client_id ?? subject(params.client_assertion);
  if (typeof id === 'string') return id;
  return basicPair(headers.authorization)[0];
}

/** The secret in a request: decoded as by the engine, and as sent. */
export function shownSecret({ oidc, headers }: KoaContextWithOIDC): { decoded: string; raw: string } {
  const inBody = oidc.params?.client_secret;
  if (typeof inBody === 'string') return { decoded: inBody, raw: inBody };
  const [, raw] = basicPair(headers.authorization);
  return { decoded: formDecoded(raw), raw };
}

/** The authentication method that a request uses (RFC 7591 §2). */
export function usedAuthMethod({ oidc, headers }: KoaContextWithOIDC): string {
  const assertion = oidc.params?.client_assertion;
  if (assertion !== undefined) return hasMac(assertion) ? 'client_secret_jwt' : 'private_key_jwt';
  if (oidc.params?.client_secret !== undefined) return 'client_secret_post';
  return headers.authorization === undefined ? 'none' : 'client_secret_basic';
}

function hasMac(assertion: unknown): boolean {
  try {
    return decodeProtectedHeader(String(assertion)).alg?.startsWith('HS') === true;
  } catch {
    return false;
  }
}

function basicPair(authorization = ''): [id: string, secret: string] {
  const [, basic = ''] = /^basic (\S+)$/i.exec(authorization) ?? [];
  const pair = Buffer.from(basic, 'base64').toString();
  const colon = pair.indexOf(':');
  return colon < 0 ? [formDecoded(pair), ''] : [formDecoded(pair.slice(0, colon)), pair.slice(colon + 1)];
}

/** RFC 6749 §2.3.1. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function subject(assertion: unknown): string | undefined {
  if (typeof assertion !== 'string') return undefined;
  try {
    return decodeJwt(assertion).sub;
  } catch {
    return undefined;
  }
}
