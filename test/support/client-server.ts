import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of a client on loopback that counts what arrives. */
export class ClientServer {
  connections = 0;
  readonly requests: {
    method: string;
    url: string;
    headers: NodeJS.Dict<string | string[]>;
    body: string;
  }[] = [];
  answer: RequestListener = (_request, response) => void response.end('{}');
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        this.answer(request, response);
      });
    });
    this.#server.on('connection', () => void (this.connections += 1));
  }

  async start(host = '127.0.0.1'): Promise<void> {
    await new Promise<void>((resolve) => void this.#server.listen(0, host, resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  reset(): void {
    this.connections = 0;
    this.requests.length = 0;
    this.answer = (_request, response) => void response.end('{}');
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
