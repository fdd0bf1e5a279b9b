import type { Context } from 'koa';
import { type Credentials, plainRequestReader } from '../client-auth/plain-request.ts';
import { AUDIENCE_PARAMETER } from '../tokens/audience-parameter.ts';

/** A client credentials request (RFC 6749 §4.4.2) by a client that authenticates with its secret. */
export interface ClientCredentialsRequest extends Credentials {
  /** Empty when the request names none. */
  scopes: ReadonlySet<string>;
  /** As sent, by `resource` or `audience`. */
  resource: string | undefined;
}

const readPlainRequest = plainRequestReader(['grant_type', 'scope', 'resource', AUDIENCE_PARAMETER]);

/** @returns undefined for any other request, and for one with an error */
export function readClientCredentialsRequest(ctx: Context): ClientCredentialsRequest | undefined {
  const request = readPlainRequest(ctx);
  if (request === undefined) return undefined;
  const { clientId, clientSecret, form } = request;
  if (form.grant_type !== 'client_credentials') return undefined;
  const { resource, [AUDIENCE_PARAMETER]: audience } = form;
  if (resource !== undefined && audience !== undefined) return undefined;
  // As the engine reads it: extra spaces are no error, and nothing but spaces is (`normalized-parameters.ts`).
  const scopes = new Set(form.scope?.split(' ').filter(Boolean));
  if (form.scope !== undefined && scopes.size === 0) return undefined;
  return { clientId, clientSecret, scopes, resource: resource ?? audience };
}
