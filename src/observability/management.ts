import { createServer, type Server } from 'node:http';
import { isIP } from 'node:net';
import type { Metrics } from './metrics.ts';

/** The management port: `/healthz`, `/readyz` and `/metrics`. It has its own address and port, separate from the public ones. */
export interface ManagementOptions {
  metrics: Pick<Metrics, 'expose' | 'contentType'>;
  /** Resolves when the server can do its work. Rejects with the reason otherwise. */
  ready: () => Promise<void>;
  /** Rejects with the reason when only a restart helps. */
  alive: () => Promise<void>;
  /** Address or name to listen on. */
  host: string;
  /** Further names that a request may have in `Host`. */
  hosts: readonly string[];
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

export function createManagementServer({ metrics, ready, alive, host, hosts }: ManagementOptions): Server {
  const names = new Set(['localhost', host, ...hosts].map((name) => name.toLowerCase()));
  const answer = async (path: string): Promise<Answer> => {
    switch (path) {
      case '/healthz':
        return await alive().then(
          () => text(200, 'ok'),
          (error: Error) => text(503, `not healthy: ${error.message}`),
        );
      case '/readyz':
        return await ready().then(
          () => text(200, 'ready'),
          (error: Error) => text(503, `not ready: ${error.message}`),
        );
      case '/metrics':
        return { status: 200, type: metrics.contentType, body: await metrics.expose() };
      default:
        return text(404, 'not found; try /healthz, /readyz or /metrics');
    }
  };
  return createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const answering = isKnownHost(request.headers.host, names)
      ? answer(request.url ?? '/')
      : Promise.resolve(text(421, 'unknown host; add its name to management.hosts'));
    answering.then(
      ({ status, type, body }) =>
        response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain', body: `${body}\n` };
}

/**
 * Protection against DNS rebinding: a web page can point its own name at this address and read the answers, but the browser sends that name
 * in `Host`, never an address. Probes that speak HTTP/1.0 send no `Host`.
 */
function isKnownHost(header: string | undefined, names: ReadonlySet<string>): boolean {
  if (header === undefined || header === '') return true;
  const host = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:]*))(?::\d*)?$/.exec(header)?.groups;
  if (host?.ipv6 !== undefined) return isIP(host.ipv6) === 6;
  const name = host?.name?.toLowerCase().replace(/\.$/, '');
  return name !== undefined && (isIP(name) === 4 || names.has(name));
}
