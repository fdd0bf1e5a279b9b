import { createServer, type RequestListener } from 'node:http';
import { Duplex } from 'node:stream';
import { issuerUrl } from '../config/issuer.ts';
import { DISCOVERY_PATHS } from './paths.ts';

/**
 * A request of the process to itself, through the handler for all requests, so that it fails when all of them fail: for instance when a
 * property was added to `Object.prototype`. It uses no port and no store. The log has it at level `trace`, the metrics as a route of its own.
 */

/** Not `/jwks`, whose readers are counted. */
const [PATH] = DISCOVERY_PATHS;

/** Milliseconds. */
const TIMEOUT_MS = 5000;

/** The connection of a self-test: it provides the request and collects the response. */
export class SelfTestConnection extends Duplex {
  /** Middleware reads the address of the peer. */
  readonly remoteAddress = '127.0.0.1';
  response = '';

  constructor(request: string) {
    super();
    this.push(request);
  }

  override _read(): void {
    // There is only one request.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.response += chunk.toString('latin1');
    done();
  }
}

/**
 * @param handle the handler for requests of clients
 * @returns a test that rejects with one sentence when the handler does not answer with 200
 */
export function createSelfTest(issuer: string, handle: RequestListener): () => Promise<void> {
  // A server of its own that never listens: the listener does not count and drain its requests.
  const server = createServer(handle);
  const { host, pathname } = new URL(issuerUrl(issuer, PATH));
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  return async () => {
    const connection = new SelfTestConnection(request);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    connection
      .once('finish', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    const timer = setTimeout(resolve, TIMEOUT_MS);
    server.emit('connection', connection);
    await closed;
    clearTimeout(timer);
    connection.destroy();
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(connection.response)?.[1] ?? 'nothing';
    if (status !== '200') {
      throw new Error(`this process answers its own requests with ${status}: restart it`);
    }
  };
}
