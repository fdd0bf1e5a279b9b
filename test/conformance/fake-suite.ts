import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The API of the suite, with modules that end as they are told to. */

export interface FakeModule {
  testModule: string;
  /** States in turn, one for each look; the last one stays. */
  states: readonly string[];
  result?: string;
  log?: readonly object[];
}

export class FakeSuite {
  readonly #modules: readonly FakeModule[];
  readonly #server: Server;
  readonly calls: string[] = [];

  constructor(modules: readonly FakeModule[]) {
    this.#modules = modules;
    const looks = new Map<string, number>();
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://suite');
      const id = pathname.split('/')[3] ?? '';
      this.calls.push(`${request.method} ${pathname}`);
      const module = this.#modules.find(({ testModule }) => testModule === id);
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (pathname === '/api/plan') {
        answer(201, {
          id: 'plan',
          modules: this.#modules.map(({ testModule }) => ({ testModule, variant: null })),
        });
      } else if (pathname === '/api/runner') answer(201, { id: searchParams.get('test') });
      else if (module === undefined) answer(404, { error: 'not found' });
      else if (pathname.startsWith('/api/info/')) {
        const look = looks.get(id) ?? 0;
        looks.set(id, look + 1);
        answer(200, { status: module.states[look] ?? module.states.at(-1), result: module.result });
      } else answer(200, pathname.startsWith('/api/log/') ? (module.log ?? []) : {});
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
