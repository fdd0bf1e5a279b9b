import type { Context } from 'koa';
import { type Credentials, plainRequestReader } from '../client-auth/plain-request.ts';

/** A client credentials request (RFC 6749 §4.4.2) by a client that authenticates with its secret. */
export interface ClientCredentialsRequest extends Credentials {
  /** Empty when the request names none. */
  scopes: ReadonlySet<string>;
  resource: string | undefined;
}

const readPlainRequest = plainRequestReader(['grant_type', 'scope', 'resource']);

/** @returns undefined for any other request, and for one with an error */
export function readClientCredentialsRequest(ctx: Context): ClientCredentialsRequest | undefined {
  const request = readPlainRequest(ctx);
  if (request === undefined) return undefined;
  const { clientId, clientSecret, form } = request;
  if (form.grant_type !== 'client_credentials') return undefined;
  // As the engine reads it: extra spaces are no error, and nothing but spaces is (`scope-parameter.ts`).
  const scopes = new Set(form.scope?.split(' ').filter(Boolean));
  if (form.scope !== undefined && scopes.size === 0) return undefined;
  return { clientId, clientSecret, scopes, resource: form.resource };
}
