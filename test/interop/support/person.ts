import { formOf } from '../../support/html-form.ts';
import { UserAgent } from '../../support/user-agent.ts';

/**
 * A person with a browser that runs no scripts: follows redirects to any server, submits the forms of Signet, and stops at the first page
 * of the client.
 */

const MAX_HOPS = 30;

export interface Page {
  url: URL;
  status: number;
  text: string;
}

export interface Credentials {
  username: string;
  password: string;
}

export class Person {
  readonly agent: UserAgent;
  /** The parameters of the last authorization response with an error. */
  refusal: URLSearchParams | undefined;
  /** Of Signet. */
  readonly #origin: string;
  readonly #credentials: Credentials;

  constructor(issuer: string, credentials: Credentials, send?: typeof fetch) {
    this.agent = new UserAgent(send);
    this.#origin = new URL(issuer).origin;
    this.#credentials = credentials;
  }

  /** Opens an address, and signs in and consents where Signet asks for it. */
  async visit(start: string | URL): Promise<Page> {
    return await this.#arrive(new URL(start), await this.agent.get(start));
  }

  /** Submits the first form of a page of the client. */
  async submit(page: Page, fields: Record<string, string> = {}): Promise<Page> {
    const form = formOf(page.text);
    const action = new URL(form.action, page.url);
    return await this.#arrive(action, await this.#post(action, { ...form.fields, ...fields }, page.url));
  }

  async #arrive(at: URL, answer: Response): Promise<Page> {
    let [url, response] = [at, answer];
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const location = response.headers.get('location');
      const text = await response.text();
      if (location !== null) {
        const from = url;
        url = new URL(location, from);
        // Applications have errors in their own addresses too.
        if (from.origin === this.#origin && url.searchParams.has('error')) this.refusal = url.searchParams;
        response = await this.agent.get(url);
        continue;
      }
      const page = { url, status: response.status, text };
      if (url.origin !== this.#origin || !text.includes('<form')) return page;
      const form = formOf(text);
      const from = url;
      url = new URL(form.action, from);
      // A response by `form_post`.
      if (form.fields.error !== undefined) this.refusal = new URLSearchParams(form.fields);
      response = await this.#post(url, { ...form.fields, ...this.#answers(text) }, from);
    }
    throw new Error(`more than ${MAX_HOPS} pages, the last one ${url.href}`);
  }

  /** The fields of the sign-in page; the other forms have nothing to fill in. */
  #answers(html: string): Record<string, string> {
    if (!html.includes('id="password"')) return {};
    return { login: this.#credentials.username, password: this.#credentials.password };
  }

  async #post(action: URL, fields: Record<string, string>, from: URL): Promise<Response> {
    return await this.agent.post(action, fields, { Origin: from.origin });
  }
}

/** Whether a sign-in that the client begins at this address asks for the password: the session at Signet has ended. */
export async function asksForPassword({ agent }: Person, start: string): Promise<boolean> {
  const { headers } = await agent.get(start);
  const { response } = await agent.follow(headers.get('location') ?? '');
  return (await response.text()).includes('id="password"');
}
