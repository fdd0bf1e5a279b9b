import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type { Context } from 'koa';

/**
 * A request that a short path may answer in front of the engine: a form of known parameters by a client that shows its secret (RFC 6749
 * §2.3.1). It is an allow-list: with any other header, parameter or authentication the request is left to the engine.
 */
export interface PlainRequest<Parameter extends string> extends Credentials {
  form: PlainForm<Parameter>;
}

export interface Credentials {
  clientId: string;
  clientSecret: string;
}

type PlainForm<Parameter extends string> = Readonly<Partial<Record<Parameter, string>>>;

export type ReadPlainRequest<Parameter extends string> = (
  ctx: Context,
) => PlainRequest<Parameter> | undefined;

type CredentialParameter = 'client_id' | 'client_secret';

/**
 * Request headers that have no part in a plain request, or are implemented here. `Origin` (CORS), `DPoP` (RFC 9449) and those of client
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
const PAIR = /^([^:]+):(.*)$/;
const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/i;
/** RFC 6749 appendix A: `VSCHAR`. */
const VISIBLE = /^[\x20-\x7E]*$/;

/**
 * @param parameters of the request, beside those of the client
 * @returns a function for requests whose form the route has read (`http/form-validation.ts`). Undefined for any other request, and for one
 *   with an error
 */
export function plainRequestReader<Parameter extends string>(
  parameters: readonly Parameter[],
): ReadPlainRequest<Parameter> {
  const known = new Set<string>([
    ...parameters,
    ...(['client_id', 'client_secret'] satisfies CredentialParameter[]),
  ]);
  return ({ req: { headers }, state: { form } }) => {
    if (form === undefined || !isPlainHead(headers) || !isPlainForm(form, known)) return undefined;
    const client = credentials(headers.authorization, form);
    return client && { ...client, form };
  };
}

function isPlainHead(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (!HEADERS.has(name) && !HEADER_PREFIXES.test(name)) return false;
  return true;
}

/** Known parameters, each once. */
function isPlainForm(form: ParsedUrlQuery, known: ReadonlySet<string>): form is PlainForm<string> {
  for (const name in form) {
    if (!known.has(name) || typeof form[name] !== 'string') return false;
  }
  return true;
}

function credentials(
  authorization: string | undefined,
  { client_id: clientId, client_secret: clientSecret }: PlainForm<CredentialParameter>,
): Credentials | undefined {
  if (authorization === undefined) {
    return clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret };
  }
  const basic = clientSecret === undefined ? basicCredentials(authorization) : undefined;
  if (basic?.clientSecret === '') return undefined;
  return clientId === undefined || clientId === basic?.clientId ? basic : undefined;
}

/**
 * `id:secret` in base64, each form-encoded (RFC 6749 §2.3.1). The secret may be empty.
 * @returns undefined for any other spelling
 */
export function basicCredentials(authorization: string): Credentials | undefined {
  const encoded = BASIC.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // Decoding ignores characters that are not of base64.
  if (bytes.toString('base64') !== encoded) return undefined;
  const [, id, secret] = PAIR.exec(bytes.toString()) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  try {
    const [clientId, clientSecret] = [formDecoded(id), formDecoded(secret)];
    return VISIBLE.test(clientId) && VISIBLE.test(clientSecret) ? { clientId, clientSecret } : undefined;
  } catch {
    return undefined;
  }
}

/** @throws URIError */
function formDecoded(text: string): string {
  return ENCODED.test(text) ? decodeURIComponent(text.replaceAll('+', ' ')) : text;
}
