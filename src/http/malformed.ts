import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Context, Middleware } from 'koa';
import { sendProblem } from './problem.ts';
import type { HeadersTooLarge } from './headers-too-large.ts';

/** What is wrong with a request as HTTP, where Node's parser would let it through or say something else. */

/** A browser sends about twenty lines. */
const MAX_HEADERS = 100;

export function validateRequestTarget(): Middleware {
  /** Connections on which nobody knows where a request begins. Node goes on to read requests there until the answer is out. */
  const misread = new WeakSet<Socket>();
  return (ctx, next) => {
    const { headers, rawHeaders, httpVersionMajor, url = '' } = ctx.req;
    if (rawHeaders.length > 2 * MAX_HEADERS) {
      sendProblem(ctx, 431, 'invalid_request', `more than ${MAX_HEADERS} headers`);
    } else if (httpVersionMajor !== 1) {
      sendProblem(ctx, 400, 'invalid_request', 'use HTTP/1.1');
    } else if (url.includes('#')) {
      // RFC 9112 §3.2: a fragment is not sent. Koa would cut it off, and `/token#x` be another spelling of `/token`.
      sendProblem(ctx, 400, 'invalid_request', 'the request target has a fragment');
    } else if (!hasClearCoding(ctx.req) || misread.has(ctx.req.socket)) {
      misread.add(ctx.req.socket);
      ctx.set('Connection', 'close');
      sendProblem(ctx, 400, 'invalid_request', 'the only transfer coding is chunked, in HTTP/1.1');
    } else if (headers['content-encoding'] !== undefined) {
      // Nobody compresses a form of a few hundred bytes, and a body parser that is fed broken data beyond its limit ends the process.
      ctx.set('Accept-Encoding', 'identity'); // RFC 9110 §15.5.16
      sendProblem(ctx, 415, 'invalid_request', 'the body must not be compressed');
    } else {
      if (headers['transfer-encoding'] !== undefined) dropRest(ctx);
      return next();
    }
    return Promise.resolve();
  };
}

/**
 * What a refusal has left unread of a body would keep the next request of its connection waiting. Node drops what was never begun to be
 * read; a body without a length is begun before it turns out to be too long.
 */
function dropRest({ req, res }: Context): void {
  res.once('finish', () => req.resume());
}

/**
 * RFC 9112 §6.1: a coding in HTTP/1.0 is faulty framing, which whoever passed it on may not have seen; of others than `chunked`, Node would
 * hand on the bytes as they are.
 */
function hasClearCoding({ headers, httpVersionMinor }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding'];
  return coding === undefined || (httpVersionMinor === 1 && coding.toLowerCase() === 'chunked');
}

/** How a request ends that Node cannot read, by its error. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  // RFC 9110 §15.6.2: a method that is not known is not a request that cannot be read.
  HPE_INVALID_METHOD: '501 Not Implemented',
};

/**
 * Answers what never becomes a request, and `CONNECT`, which would be closed without a word.
 * @param tooLarge answers when the headers are
 */
export function answerMalformed(server: Server, tooLarge: HeadersTooLarge): void {
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    // More of a request that was answered.
    if (tooLarge.isAnswered(socket)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (error.code === 'HPE_HEADER_OVERFLOW') tooLarge.answer(socket, error.rawPacket);
    else close(socket, STATUS[error.code ?? ''] ?? '400 Bad Request');
  });
  server.on('connect', (_request, socket) => close(socket, '405 Method Not Allowed'));
}

function close(socket: Duplex, status: string): void {
  socket.once('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}
