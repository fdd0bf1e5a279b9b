import type { Server as HttpServer, ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';

/** Starts an HTTP server, and stops it without failing a request. */

/** The configuration keys of address and port. */
export interface ListenSettings {
  host: string;
  port: string;
}

export const SERVER_SETTINGS: ListenSettings = { host: 'SIGNET_HOST', port: 'SIGNET_PORT' };
export const MANAGEMENT_SETTINGS: ListenSettings = {
  host: 'SIGNET_MANAGEMENT_HOST',
  port: 'SIGNET_MANAGEMENT_PORT',
};

export interface Listener {
  /** Requests taken since the start. */
  readonly requests: number;
  /**
   * @param settings named in the error
   * @returns the port, which differs from the given one when that is 0
   * @throws ListenError
   */
  listen(host: string, port: number, settings?: ListenSettings): Promise<number>;
  /**
   * Accepts no new connections and finishes the requests under way; those that take longer than `DRAIN_TIME` are aborted.
   * @param grace milliseconds in which an idle connection may still bring one request, which tells it to close; so may one that has brought
   *   none yet
   */
  drain(grace?: number): Promise<void>;
}

/** The server cannot listen. The message is one sentence for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Milliseconds that requests under way get to finish. */
export const DRAIN_TIME = 10_000;

/** Milliseconds: a client that keeps a connection busy sends its next request in that time. */
export const IDLE_GRACE = 3000;

/** Milliseconds between two checks for connections that have become idle. */
const IDLE_CHECK = 250;

/** Manages a server that does not listen yet. */
export function createListener(server: HttpServer): Listener {
  const underWay = new Set<ServerResponse>();
  const unused = trackUnused(server);
  let requests = 0;
  let draining = false;
  const forget = function (this: ServerResponse): void {
    underWay.delete(this);
  };
  // Before the handler, which may send the response head immediately.
  server.prependListener('request', (_request, response: ServerResponse) => {
    requests += 1;
    underWay.add(response);
    response.once('close', forget);
    if (draining) response.setHeader('Connection', 'close');
  });
  return {
    get requests() {
      return requests;
    },
    listen: (host, port, settings) =>
      new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          const why = reasonOf(error, settings);
          reject(new ListenError(`cannot listen on ${host}:${port}: ${why}`, { cause: error }));
        });
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      }),
    async drain(grace = 0) {
      if (!server.listening) return;
      draining = true;
      for (const response of underWay) if (!response.headersSent) response.setHeader('Connection', 'close');
      // `close` of the HTTP server would close idle connections while a client may be sending (RFC 9112 §9.5); that of the TCP server does not.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      let idleCheck: NodeJS.Timeout | undefined;
      const closeIdle = (): void => {
        server.closeIdleConnections();
        unused.close();
      };
      const graceEnd = setTimeout(() => {
        closeIdle();
        idleCheck = setInterval(closeIdle, IDLE_CHECK);
      }, grace);
      const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_TIME);
      await closed;
      // Also stops the HTTP server's timer for slow clients.
      server.close();
      clearTimeout(graceEnd);
      clearInterval(idleCheck);
      clearTimeout(deadline);
    },
  };
}

/** Connections that have brought nothing yet: browsers open some ahead. The HTTP server does not count them as idle. */
function trackUnused(server: HttpServer): { close(): void } {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    close() {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}

/**
 * Checks that the address can be listened on, by binding a free port there for a moment.
 * @param port that the server will listen on, named in the error
 * @throws ListenError
 */
export async function checkAddress(host: string, port: number, settings: ListenSettings): Promise<void> {
  const probe = new NetServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => {
      const why = reasonOf(error, settings);
      reject(new ListenError(`cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    probe.listen({ host, port: 0, exclusive: true }, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

function reasonOf({ code }: NodeJS.ErrnoException, settings: ListenSettings | undefined): string {
  const advice = (setting: string | undefined): string => (setting === undefined ? '' : `; set ${setting}`);
  switch (code) {
    case 'EADDRINUSE':
      return `another program is listening there${advice(settings?.port)}`;
    case 'EACCES':
      return `this user may not${advice(settings?.port)}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `this machine has no such address${advice(settings?.host)}`;
    default:
      return String(code);
  }
}
