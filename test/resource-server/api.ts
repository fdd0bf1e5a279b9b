import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { createResourceServer, type ResourceServerOptions } from '../../src/resource-server/app.ts';

/** The sample API on a real socket, with the logged reasons of its rejections. */

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Record<string, unknown>;
}

export interface Ask {
  method?: string;
  path?: string;
  token?: string;
  /** An array sends the header that many times. */
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

export class Api {
  readonly reasons: string[] = [];
  readonly errors: unknown[] = [];
  readonly #server;
  #port = 0;

  static async start(options: ResourceServerOptions): Promise<Api> {
    const api = new Api(options);
    await new Promise<void>((resolve) => void api.#server.listen(0, '127.0.0.1', resolve));
    const address = api.#server.address();
    if (typeof address === 'object') api.#port = address?.port ?? 0;
    return api;
  }

  private constructor(options: ResourceServerOptions) {
    const app = createResourceServer({ ...options, onReject: ({ reason }) => this.reasons.push(reason) });
    app.on('error', (error: unknown) => this.errors.push(error));
    const handle = app.callback();
    this.#server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  ask({ method = 'GET', path = '/messages', token, headers = {}, body }: Ask = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          method,
          path,
          headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = incoming.headers['content-type']?.startsWith('application/json') === true;
            const json: Record<string, unknown> = isJson ? JSON.parse(text) : {};
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  post(token: string, body: string, headers: Ask['headers'] = {}): Promise<Answer> {
    return this.ask({
      method: 'POST',
      token,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }
}
