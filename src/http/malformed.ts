import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';
import type { HeadersTooLarge } from './headers-too-large.ts';

/** Checks of a request as HTTP message, beyond those of Node's parser. */

/** A browser sends about twenty. */
const MAX_HEADERS = 100;

export function validateRequestTarget(): Middleware {
  /** Connections on which the start of the next request is unknown. Node keeps reading requests there until the answer is sent. */
  const unsynchronized = new WeakSet<Socket>();
  return (ctx, next) => {
    const { headers, rawHeaders, httpVersionMajor, url = '' } = ctx.req;
    if (rawHeaders.length > 2 * MAX_HEADERS) {
      throw new Problem(431, 'invalid_request', `more than ${MAX_HEADERS} headers`);
    }
    if (httpVersionMajor !== 1) throw new Problem(400, 'invalid_request', 'use HTTP/1.1');
    // RFC 9112 §3.2: a fragment is not sent. Koa would cut it off, and `/token#x` be another spelling of `/token`.
    if (url.includes('#')) throw new Problem(400, 'invalid_request', 'the request target has a fragment');
    if (!hasAcceptedCoding(ctx.req) || unsynchronized.has(ctx.req.socket)) {
      unsynchronized.add(ctx.req.socket);
      throw new Problem(400, 'invalid_request', 'the only transfer coding is chunked, in HTTP/1.1', {
        headers: { Connection: 'close' },
      });
    }
    if (headers['content-encoding'] !== undefined) {
      // A form has a few hundred bytes, and a parser that gets broken compressed data beyond its limit ends the process.
      throw new Problem(415, 'invalid_request', 'the body must not be compressed', {
        headers: { 'Accept-Encoding': 'identity' }, // RFC 9110 §15.5.16
      });
    }
    if (headers['transfer-encoding'] !== undefined) drainBodyAfterResponse(ctx);
    return next();
  };
}

/**
 * Drains the unread rest of a chunked body after the response; otherwise the next request of the connection waits for it. Node drains only
 * bodies of which nothing was read. A chunked body is read until it exceeds the limit.
 */
function drainBodyAfterResponse({ req, res }: Context): void {
  res.once('finish', () => req.resume());
}

/**
 * RFC 9112 §6.1: a transfer coding in HTTP/1.0 is faulty framing, which a proxy may have interpreted otherwise. Of codings other than
 * `chunked`, Node would pass the encoded bytes.
 */
function hasAcceptedCoding({ headers, httpVersionMinor }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding'];
  return coding === undefined || (httpVersionMinor === 1 && coding.toLowerCase() === 'chunked');
}

/** Status by the error code of a request that Node cannot parse. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  // RFC 9110 §15.6.2.
  HPE_INVALID_METHOD: '501 Not Implemented',
};

/**
 * Answers requests that Node's parser rejects, and `CONNECT`, whose connection Node would close without a response.
 * @param tooLarge answers requests with too large headers
 */
export function answerMalformed(server: Server, tooLarge: HeadersTooLarge): void {
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    // More bytes of a request that was answered already.
    if (tooLarge.isAnswered(socket)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (error.code === 'HPE_HEADER_OVERFLOW') tooLarge.answer(socket, error.rawPacket);
    else closeWith(socket, STATUS[error.code ?? ''] ?? '400 Bad Request');
  });
  server.on('connect', (_request, socket) => closeWith(socket, '405 Method Not Allowed'));
}

function closeWith(socket: Duplex, status: string): void {
  socket.once('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}
