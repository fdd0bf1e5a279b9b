import type { ParsedUrlQuery } from 'node:querystring';
import type { Context } from 'koa';
import { readFormBody } from '../../http/form-body.ts';

/** A client credentials request (RFC 6749 §4.4.2) in its plain form, by a client that shows a secret. */
export interface ClientCredentialsRequest {
  clientId: string;
  clientSecret: string;
  /** Empty when the request leaves them to the server. */
  scopes: ReadonlySet<string>;
  resource: string | undefined;
}

const PARAMETERS = new Set(['grant_type', 'scope', 'resource', 'client_id', 'client_secret']);

/** Bytes. */
const MAX_FORM_BYTES = 4096;

/** With one of these there is more to decide: CORS, DPoP (RFC 9449), attestation of clients. */
const SPECIAL_HEADERS = ['origin', 'dpop', 'oauth-client-attestation', 'oauth-client-attestation-pop'];

const PAIR = /^([^:]+):(.+)$/;
const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/i;

/**
 * Reads the request ahead, for whoever comes next to read it again.
 * @returns undefined for any other request, and for one that anything is wrong with
 */
export async function readClientCredentialsRequest(
  ctx: Context,
): Promise<ClientCredentialsRequest | undefined> {
  const { headers } = ctx.req;
  if (SPECIAL_HEADERS.some((name) => headers[name] !== undefined)) return undefined;
  // Parameters in the URL are refused, and not here.
  if (ctx.querystring !== '') return undefined;
  const form = await readFormBody(ctx, MAX_FORM_BYTES);
  if (form === undefined || !isPlain(form) || form.grant_type !== 'client_credentials') return undefined;
  // As the engine reads them: a space too many is no error, and nothing but spaces is (`scope-parameter.ts`).
  const scopes = new Set(form.scope?.split(' ').filter(Boolean));
  if (form.scope !== undefined && scopes.size === 0) return undefined;
  const client = credentials(headers.authorization, form);
  return (
    client && {
      ...client,
      scopes,
      resource: form.resource,
    }
  );
}

type Credentials = Pick<ClientCredentialsRequest, 'clientId' | 'clientSecret'>;
type PlainForm = Readonly<Record<string, string | undefined>>;

/** Known parameters, each once. */
function isPlain(form: ParsedUrlQuery): form is PlainForm {
  for (const name in form) {
    if (!PARAMETERS.has(name) || typeof form[name] !== 'string') return false;
  }
  return true;
}

function credentials(authorization: string | undefined, form: PlainForm): Credentials | undefined {
  const { client_id: clientId, client_secret: clientSecret } = form;
  if (authorization === undefined) {
    return clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret };
  }
  const basic = clientSecret === undefined ? basicCredentials(authorization) : undefined;
  return clientId === undefined || clientId === basic?.clientId ? basic : undefined;
}

/** `id:secret` in base64, each form-encoded (RFC 6749 §2.3.1). */
function basicCredentials(authorization: string): Credentials | undefined {
  const encoded = BASIC.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // Decoding skips over what is no base64.
  if (bytes.toString('base64') !== encoded) return undefined;
  const [, id, secret] = PAIR.exec(bytes.toString()) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  try {
    return { clientId: formDecoded(id), clientSecret: formDecoded(secret) };
  } catch {
    return undefined;
  }
}

/** @throws URIError */
function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
