import { Pool } from 'undici';

/** Requests over kept-alive connections to one server, without following redirects. */

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export class HttpClient {
  readonly #pool: Pool;

  /**
   * @param origin scheme, host and port, as the server's issuer has them
   * @param connections how many at most; a request waits for a free one
   */
  constructor(origin: string, connections: number) {
    this.#pool = new Pool(origin, {
      connections,
      pipelining: 1,
      connect: { family: 4 },
      // Logins may wait long in a queue.
      headersTimeout: 120_000,
      bodyTimeout: 120_000,
    });
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const answer = await this.#pool.request({ method: 'GET', path, headers });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  /** Sends a form, `application/x-www-form-urlencoded`. */
  async post(path: string, form: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const answer = await this.#pool.request({
      method: 'POST',
      path,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** @throws Error that quotes the answer when its status is another: an error is not a measurement */
export function expectStatus(answer: HttpAnswer, status: number, what: string): void {
  if (answer.status === status) return;
  throw new Error(`${what}: expected ${status}, got ${answer.status}: ${answer.body.slice(0, 500)}`);
}
