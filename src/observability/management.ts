import { createServer, type Server } from 'node:http';
import type { Metrics } from './metrics.ts';

/** The management port: `/healthz`, `/readyz` and `/metrics`. It listens on an address of its own, never on the public one. */
export interface ManagementOptions {
  metrics: Pick<Metrics, 'expose' | 'contentType'>;
  /** Resolves when the server can do its work; rejects with the reason otherwise. */
  ready: () => Promise<void>;
}

export function createManagementServer({ metrics, ready }: ManagementOptions): Server {
  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    switch (path) {
      case '/healthz':
        return { status: 200, type: 'text/plain', body: 'ok\n' };
      case '/readyz':
        return await ready().then(
          () => ({ status: 200, type: 'text/plain', body: 'ready\n' }),
          (error: Error) => ({ status: 503, type: 'text/plain', body: `not ready: ${error.message}\n` }),
        );
      case '/metrics':
        return { status: 200, type: metrics.contentType, body: await metrics.expose() };
      default:
        return { status: 404, type: 'text/plain', body: 'not found; try /healthz, /readyz or /metrics\n' };
    }
  };
  return createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    answer(request.url ?? '/').then(
      ({ status, type, body }) =>
        response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
}
