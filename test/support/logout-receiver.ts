import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedLogout {
  /** Of the request: each client has its own. */
  path: string;
  contentType: string | undefined;
  token: string;
  /** Of the answer. */
  status: number | 'hang';
}

/** An application on loopback that receives logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.5). */
export class LogoutReceiver {
  readonly received: ReceivedLogout[] = [];
  /** Statuses of the next answers by path; 200 after them, and 'hang' is not answered before `release`. */
  readonly answers = new Map<string, (number | 'hang')[]>();
  /** Headers of every answer that is not 200. */
  headers: Record<string, string> = {};
  /** Called for each request before its answer. */
  onReceived: (logout: ReceivedLogout) => void = () => {};
  readonly #hanging: (() => void)[] = [];
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const { url: path = '', headers } = request;
      const status = this.answers.get(path)?.shift() ?? 200;
      const token = form.get('logout_token') ?? '';
      const logout = { path, contentType: headers['content-type'], token, status };
      this.received.push(logout);
      this.onReceived(logout);
      if (status === 'hang') {
        this.#hanging.push(() => void response.end());
        return;
      }
      response.writeHead(status, status === 200 ? {} : this.headers).end();
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers the requests that hang with 200. */
  release(): void {
    for (const answer of this.#hanging.splice(0)) answer();
  }

  /** Forgets and returns what has arrived at a path. */
  take(path: string): ReceivedLogout[] {
    const taken = this.received.filter((logout) => logout.path === path);
    this.received.splice(0, Infinity, ...this.received.filter((logout) => logout.path !== path));
    return taken;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
