import type { ExtendableContext } from 'koa';
import { invalidRequest, missingToken } from './bearer-error.ts';

/** RFC 6750 §2.1. The scheme is case-insensitive (RFC 9110 §11.1). */
const CREDENTIALS = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * Reads the token from the Authorization header, the only accepted method: URLs are written to logs and histories, and forms can be
 * posted by other sites (RFC 9700 §4.3.2, RFC 6750 §5.3).
 * @throws BearerError 401 without credentials; 400 for malformed credentials, or a token in the URL or the body
 */
export function readBearerToken(ctx: ExtendableContext): string {
  const [header, ...others] = ctx.req.headersDistinct.authorization ?? [];
  if (ctx.querystring !== '' && 'access_token' in ctx.query) {
    throw invalidRequest('Send the access token in the Authorization header, not in the URL');
  }
  if (hasFormToken(ctx.request.body)) {
    throw invalidRequest('Send the access token in the Authorization header, not in the body');
  }
  if (others.length > 0) throw invalidRequest('Send one Authorization header');
  if (header === undefined) throw missingToken('no Authorization header');
  const token = CREDENTIALS.exec(header)?.[1];
  if (token !== undefined) return token;
  if (/^Bearer( |$)/i.test(header)) throw invalidRequest('The Authorization header is malformed');
  throw missingToken('the Authorization header has another scheme');
}

/** Detects a token in a form only if a body parser ran before. */
function hasFormToken(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'access_token' in body;
}
