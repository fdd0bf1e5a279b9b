import { Pool } from 'undici';

/** Requests over kept-alive connections to one server or to all its nodes in turn, without following redirects. */

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export class HttpClient {
  readonly #pools: readonly Pool[];
  readonly #host: string;
  #turn = 0;

  /**
   * @param origin scheme, host and port, as the server's issuer has them
   * @param connections how many at most to each node; a request waits for a free one
   * @param ports of its nodes on this machine; the origin's alone when absent
   */
  constructor(origin: string, connections: number, ports = [Number(new URL(origin).port)]) {
    const options = {
      connections,
      pipelining: 1,
      connect: { family: 4 },
      // Logins may wait long in a queue.
      headersTimeout: 120_000,
      bodyTimeout: 120_000,
    };
    this.#pools = ports.map((port) => new Pool(`http://localhost:${port}`, options));
    this.#host = new URL(origin).host;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const answer = await this.#next().request({
      method: 'GET',
      path,
      headers: { ...headers, host: this.#host },
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  /** Sends a form, `application/x-www-form-urlencoded`. */
  async post(path: string, form: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const answer = await this.#next().request({
      method: 'POST',
      path,
      headers: { ...headers, host: this.#host, 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }

  #next(): Pool {
    const pool = this.#pools[this.#turn % this.#pools.length];
    if (pool === undefined) throw new RangeError('no node to ask');
    this.#turn += 1;
    return pool;
  }
}

/** @throws Error that quotes the answer when its status is another: an error is not a measurement */
export function expectStatus(answer: HttpAnswer, status: number, what: string): void {
  if (answer.status === status) return;
  throw new Error(`${what}: expected ${status}, got ${answer.status}: ${answer.body.slice(0, 500)}`);
}
