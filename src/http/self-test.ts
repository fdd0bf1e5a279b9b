import { createServer, type RequestListener } from 'node:http';
import { Duplex } from 'node:stream';

/**
 * A request of the process to itself. It passes the same handler as the requests of clients, so it fails where all of them would: for
 * instance when a property was added to `Object.prototype`. It uses no port and touches no store; the log has it at level `trace`, the
 * metrics as a route of its own.
 */

/** Not `/jwks`, whose readers are counted. */
const PATH = '/.well-known/openid-configuration';

/** Milliseconds. */
const TIMEOUT = 5000;

/** The connection of a self-test: the request is there from the start, the response is collected. */
export class SelfTestConnection extends Duplex {
  /** As a socket has it: middleware looks at the peer. */
  readonly remoteAddress = '127.0.0.1';
  response = '';

  constructor(request: string) {
    super();
    this.push(request);
  }

  override _read(): void {
    // There is only the one request.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.response += chunk.toString('latin1');
    done();
  }
}

/**
 * @param handle what answers the requests of clients
 * @returns a test that rejects with one sentence when the handler does not answer as it should
 */
export function createSelfTest(issuer: string, handle: RequestListener): () => Promise<void> {
  // A server of its own that never listens: its requests are not among those that the listener counts and drains.
  const server = createServer(handle);
  const request = `GET ${PATH} HTTP/1.1\r\nHost: ${new URL(issuer).host}\r\nConnection: close\r\n\r\n`;
  return async () => {
    const connection = new SelfTestConnection(request);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    connection
      .once('finish', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    const timer = setTimeout(resolve, TIMEOUT);
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
