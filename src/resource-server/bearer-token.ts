import type { ExtendableContext } from 'koa';
import { invalidRequest, noToken } from './access-refused.ts';

/** RFC 6750 §2.1; the name of the scheme is case-insensitive (RFC 9110 §11.1). */
const CREDENTIALS = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * The token of the Authorization header, the one way of sending it that is accepted: a URL ends up in logs and
 * histories, and a form can be posted by another site (RFC 9700 §4.3.2, RFC 6750 §5.3).
 * @throws AccessRefused 401 without credentials; 400 when they are malformed or sent in a second place
 */
export function bearerToken(ctx: ExtendableContext): string {
  const [header, ...others] = ctx.req.headersDistinct.authorization ?? [];
  if (ctx.querystring !== '' && 'access_token' in ctx.query) {
    throw invalidRequest('Send the access token in the Authorization header, not in the URL');
  }
  if (hasFormToken(ctx.request.body)) {
    throw invalidRequest('Send the access token in the Authorization header, not in the body');
  }
  if (others.length > 0) throw invalidRequest('Send one Authorization header');
  if (header === undefined) throw noToken('no Authorization header');
  const token = CREDENTIALS.exec(header)?.[1];
  if (token !== undefined) return token;
  if (/^Bearer( |$)/i.test(header)) throw invalidRequest('The Authorization header is malformed');
  throw noToken('the Authorization header has another scheme');
}

/** Sees form bodies only when a parser ran before. */
function hasFormToken(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'access_token' in body;
}
