import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import { createResourceServer } from '../../src/resource-server/app.ts';
import { createSampleApp } from '../../src/sample-app/app.ts';

/** The sample API and the sample app in this process. Their addresses are known before the server that they need has started. */
export class SamplePrograms {
  /** Address of the sample API, which is also its audience. */
  readonly api: string;
  /** Address of the sample app, without a path. */
  readonly app: string;
  readonly #servers: { api: Server; app: Server };

  private constructor(servers: { api: Server; app: Server }) {
    this.#servers = servers;
    this.api = addressOf(servers.api);
    this.app = addressOf(servers.app);
  }

  static async listen(): Promise<SamplePrograms> {
    const servers = { api: createServer(), app: createServer() };
    await Promise.all(
      Object.values(servers).map(
        (server) => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)),
      ),
    );
    return new SamplePrograms(servers);
  }

  serve(issuer: string, client: { clientId: string; clientSecret: string }): void {
    const { api, app } = this;
    answerWith(this.#servers.api, createResourceServer({ issuer, audience: api }));
    answerWith(this.#servers.app, createSampleApp({ url: new URL(app), issuer, api, ...client }));
  }

  close(): void {
    for (const server of Object.values(this.#servers)) {
      server.close();
      server.closeAllConnections();
    }
  }
}

function addressOf(server: Server): string {
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

function answerWith(server: Server, koa: Koa): void {
  const handle = koa.callback();
  server.on('request', (request, response) => void handle(request, response));
}
