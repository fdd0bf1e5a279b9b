import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server with client ID metadata documents, on this machine. */
export class DocumentHost {
  /** What it answers, by path: an object is a document, a function answers by itself. */
  readonly documents = new Map<string, object | RequestListener>();
  /** Paths that were requested. */
  requests: string[] = [];
  connections = 0;
  #server: Server | undefined;
  #count = 0;

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      const path = String(request.url);
      this.requests.push(path);
      const found = this.documents.get(path);
      if (typeof found === 'function') {
        (found as RequestListener)(request, response);
        return;
      }
      response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(found));
    });
    this.#server.on('connection', () => (this.connections += 1));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  get port(): number {
    if (this.#server === undefined) throw new Error('the host is not started');
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  /** @returns the id of a new client with this document */
  publish(members: Record<string, unknown> = {}): string {
    const path = `/client-${(this.#count += 1)}.json`;
    this.documents.set(path, documentOf(this.origin + path, members));
    return this.origin + path;
  }

  /** Replaces the document of a client. */
  change(id: string, document: object | RequestListener): void {
    this.documents.set(new URL(id).pathname, document);
  }
}

export function documentOf(id: string, members: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    client_id: id,
    client_name: 'Tool',
    redirect_uris: ['https://tool.example/callback'],
    token_endpoint_auth_method: 'none',
    ...members,
  };
}
