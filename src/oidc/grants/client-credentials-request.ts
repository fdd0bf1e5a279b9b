import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type { Context } from 'koa';
import { readFormBody } from '../../http/form-body.ts';

/** A client credentials request (RFC 6749 §4.4.2) by a client that authenticates with its secret. */
export interface ClientCredentialsRequest {
  clientId: string;
  clientSecret: string;
  /** Empty when the request names none. */
  scopes: ReadonlySet<string>;
  resource: string | undefined;
}

const PARAMETERS = new Set(['grant_type', 'scope', 'resource', 'client_id', 'client_secret']);

/** Bytes. */
const MAX_FORM_BYTES = 4096;

/**
 * Request headers that have no part in the grant, or are implemented here. `Origin` (CORS), `DPoP` (RFC 9449) and those of client
 * attestation are not among them.
 */
const HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'b3',
  'baggage',
  'cache-control',
  'cdn-loop',
  'connection',
  'content-length',
  'content-type',
  'correlation-context',
  'correlation-id',
  'cookie',
  'date',
  'dnt',
  'elastic-apm-traceparent',
  'expect',
  'forwarded',
  'from',
  'host',
  'keep-alive',
  'max-forwards',
  'newrelic',
  'pragma',
  'priority',
  'proxy-connection',
  'referer',
  'request-id',
  'sentry-trace',
  'te',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'uber-trace-id',
  'upgrade-insecure-requests',
  'user-agent',
  'via',
]);

/** Of proxies and fetch. No protocol has a header in `x-` (RFC 6648). */
const HEADER_PREFIXES = /^(?:x|cf|sec-fetch|sec-ch|fastly|fly|akamai|true-client)-/;

const ENCODED = /[%+]/;
const PAIR = /^([^:]+):(.+)$/;
const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/i;

/**
 * Reads the form of a request; it stays in `ctx.state.form` for the engine.
 * @returns undefined for any other request, and for one with an error
 */
export async function readClientCredentialsRequest(
  ctx: Context,
): Promise<ClientCredentialsRequest | undefined> {
  const { headers } = ctx.req;
  if (!isPlainHead(headers)) return undefined;
  // Parameters in the URL are rejected by the route.
  if (ctx.querystring !== '') return undefined;
  const form = await readFormBody(ctx, MAX_FORM_BYTES);
  if (form === undefined || !isPlain(form) || form.grant_type !== 'client_credentials') return undefined;
  // As the engine reads it: extra spaces are no error, and nothing but spaces is (`scope-parameter.ts`).
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

function isPlainHead(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (!HEADERS.has(name) && !HEADER_PREFIXES.test(name)) return false;
  return true;
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
  // Decoding ignores characters that are not of base64.
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
  return ENCODED.test(text) ? decodeURIComponent(text.replaceAll('+', ' ')) : text;
}
