import type { LookupFunction } from 'node:net';
import { buildConnector, Client } from 'undici';
import { type HostAddress, permittedAddresses, type ResolveHost } from './addresses.ts';
import { OutboundError } from './errors.ts';
import { parseTarget } from './target.ts';

/** One request, on one connection, which closes with it. Nothing of it stays: no cookie, no session, no pooled connection. */

/** Bytes of a body. */
const MAX_BODY = 64 * 1024;
/** Bytes of all headers of a response. */
const MAX_HEADERS = 16 * 1024;

export interface RequestRules {
  readonly privateNetworks: boolean;
  readonly http: boolean;
  readonly resolve: ResolveHost;
}

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly accept: string;
  readonly form?: Readonly<Record<string, string>> | undefined;
}

export interface IncomingResponse {
  readonly status: number;
  /** The first value of a header; empty when it is absent. */
  readonly header: (name: string) => string;
  /** At most 64 KiB. @throws OutboundError */
  readonly read: () => Promise<Buffer>;
  /** Receives at most as much and drops it, so that the server can finish its response. */
  readonly discard: () => Promise<void>;
}

/**
 * Sends a request and lets `use` read its response.
 * @param signal ends the request, also between its steps
 * @throws OutboundError
 */
export async function sendRequest<Result>(
  address: string,
  { method, accept, form }: OutgoingRequest,
  rules: RequestRules,
  signal: AbortSignal,
  use: (response: IncomingResponse) => Promise<Result>,
): Promise<Result> {
  const url = parseTarget(address, rules);
  const addresses = await unlessAborted(
    permittedAddresses(url.hostname, rules.resolve, rules.privateNetworks),
    signal,
  );
  const client = new Client(url.origin, {
    connect: connector(addresses),
    allowH2: false,
    pipelining: 0,
    maxHeaderSize: MAX_HEADERS,
  });
  try {
    const response = await client.request({
      method,
      path: url.pathname + url.search,
      headers: {
        'user-agent': 'Signet',
        accept,
        'accept-encoding': 'identity',
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: form === undefined ? null : new URLSearchParams(form).toString(),
      signal,
    });
    const header = (name: string): string => [response.headers[name] ?? ''].flat()[0] ?? '';
    const { body } = response;
    return await use({
      status: response.statusCode,
      header,
      read: () => readBody(body, header),
      discard: () => body.dump({ limit: MAX_BODY, signal }).catch(() => undefined),
    });
  } catch (error) {
    throw asOutboundError(error, signal);
  } finally {
    void client.destroy().catch(() => undefined);
  }
}

/** Connects to the given addresses, in turn, and looks up nothing. A host that is an address itself has been decided about, too. */
function connector(addresses: readonly HostAddress[]): buildConnector.connector {
  const lookup: LookupFunction = (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else callback(null, first!.address, first!.family);
  };
  return buildConnector({ allowH2: false, maxCachedSessions: 0, lookup, autoSelectFamily: true });
}

async function readBody(body: AsyncIterable<Buffer>, header: IncomingResponse['header']): Promise<Buffer> {
  const encoding = header('content-encoding').toLowerCase();
  if (encoding !== '' && encoding !== 'identity')
    throw new OutboundError('encoding', `the body is ${encoding}`);
  if (Number(header('content-length')) > MAX_BODY) throw new OutboundError('size', 'the body is too long');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_BODY) throw new OutboundError('size', 'the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A lookup cannot be aborted. Its result is dropped. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(timeout());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

const timeout = (): OutboundError => new OutboundError('timeout', 'took too long');

function asOutboundError(error: unknown, signal: AbortSignal): OutboundError {
  if (error instanceof OutboundError) return error;
  if (signal.aborted) return timeout();
  const { code, message } = error as NodeJS.ErrnoException;
  return new OutboundError('connection', code ?? message);
}
