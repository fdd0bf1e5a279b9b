import assert from 'node:assert/strict';
import type { UserAgent } from './user-agent.ts';

/** The pages of /account in the browser of a person who is signed in. */
export class AccountPages {
  readonly #issuer: string;
  readonly agent: UserAgent;
  /** By path: a page has no form while there is nothing to do. */
  readonly #tokens = new Map<string, string>();

  constructor(issuer: string, agent: UserAgent) {
    this.#issuer = issuer;
    this.agent = agent;
  }

  /** @param path below the issuer; the page must be there */
  async open(path: string): Promise<string> {
    const response = await this.agent.get(this.#issuer + path);
    assert.equal(response.status, 200, `${path}: ${response.headers.get('location') ?? response.status}`);
    return await response.text();
  }

  async status(path: string): Promise<number> {
    const response = await this.agent.get(this.#issuer + path);
    await response.body?.cancel();
    return response.status;
  }

  /** Of the form of a page, as it is or was. */
  async token(path: string): Promise<string> {
    const [, found] = /name="csrf" value="([^"]+)"/.exec(await this.open(path)) ?? [];
    if (found !== undefined) this.#tokens.set(path, found);
    return this.#tokens.get(path) ?? '';
  }

  /** Posts the form of a page with some fields. */
  async send(path: string, fields: Record<string, string>): Promise<Response> {
    const csrf = await this.token(path);
    return await this.agent.post(this.#issuer + path, { csrf, ...fields });
  }

  /** Posts the form of a page, which must be accepted. @returns the page that it leads to */
  async accepted(path: string, fields: Record<string, string>, next = path): Promise<string> {
    const response = await this.send(path, fields);
    assert.equal(response.status, 303, await response.text());
    assert.equal(response.headers.get('location'), next);
    return await this.open(next);
  }
}

/** The note that says what a form has done. */
export function doneNote(html: string): string | undefined {
  return /<div class="done" role="status">[^]*?<p>(.*?)<\/p>/.exec(html)?.[1];
}
