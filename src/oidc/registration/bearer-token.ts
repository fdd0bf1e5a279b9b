import type { Context } from 'koa';
import { invalidToken } from './registration-error.ts';

const CREDENTIALS = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Our tokens have 43 characters. */
const MAX_LENGTH = 512;

/**
 * The token in the Authorization header, the one place that is looked at (RFC 6750 §2.1).
 * @returns undefined for a request without the header
 * @throws Problem 401 for a header that is no bearer token
 */
export function bearerOf({ req: { headers } }: Pick<Context, 'req'>): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const token = CREDENTIALS.exec(authorization)?.[1];
  if (token === undefined || token.length > MAX_LENGTH)
    throw invalidToken('Authorization header is no bearer token');
  return token;
}
