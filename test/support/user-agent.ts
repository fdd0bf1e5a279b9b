import { type Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie';
import { formOf } from './html-form.ts';

/**
 * A browser as far as an authorization server can tell: keeps cookies (RFC 6265, by tough-cookie), follows redirects only when
 * asked to, and submits the forms of a page.
 */
export class UserAgent {
  /** Sent with every request, for instance `Sec-Fetch-Site`. */
  readonly headers: Record<string, string> = {};
  readonly #store = new MemoryCookieStore();
  readonly #jar = new CookieJar(this.#store);
  readonly #fetch: typeof fetch;

  /** @param send sends its requests, for instance to one node of several */
  constructor(send: typeof fetch = fetch) {
    this.#fetch = send;
  }

  async get(url: string | URL, headers: Record<string, string> = {}): Promise<Response> {
    return await this.#request(url, { headers });
  }

  async post(
    url: string | URL,
    fields: Record<string, string> | URLSearchParams,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return await this.#request(url, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  /** Follows redirects while they stay on the origin. @returns the last response and its URL */
  async follow(start: string | URL): Promise<{ response: Response; url: URL }> {
    let url = new URL(start);
    const { origin } = url;
    for (let hops = 0; hops < 10; hops += 1) {
      const response = await this.get(url);
      const location = response.headers.get('location');
      if (location === null) return { response, url };
      await response.body?.cancel();
      url = new URL(location, url);
      if (url.origin !== origin) return { response, url };
    }
    throw new Error('too many redirects');
  }

  /** Submits the first form of a page with some of its fields filled in, and follows the redirects. */
  async submit(
    page: { url: URL; html: string },
    fields: Record<string, string>,
  ): Promise<{ response: Response; url: URL }> {
    const form = formOf(page.html);
    const action = new URL(form.action, page.url);
    const response = await this.post(action, { ...form.fields, ...fields });
    const location = response.headers.get('location');
    if (location === null) return { response, url: action };
    await response.body?.cancel();
    const next = new URL(location, action);
    return next.origin === action.origin ? await this.follow(next) : { response, url: next };
  }

  /** All cookies that have not expired. A test may assign to their `value`. */
  get cookies(): readonly Cookie[] {
    let found: readonly Cookie[] = [];
    // The store calls back before it returns.
    this.#store.getAllCookies((error, cookies) => {
      if (error !== null) throw error;
      found = cookies ?? [];
    });
    return found.filter((cookie) => cookie.TTL() > 0);
  }

  /** The cookie with this name, on any path. */
  cookie(name: string): Cookie | undefined {
    return this.cookies.find((cookie) => cookie.key === name);
  }

  /** The `Cookie` header for a request. */
  cookieHeader(url: string | URL): string {
    return this.#jar.getCookieStringSync(String(url));
  }

  /**
   * Sets a cookie as an answer from this URL would.
   * @param setCookie value of a `Set-Cookie` header
   * @throws Error when a browser would reject the cookie
   */
  setCookie(setCookie: string, url: string | URL): void {
    this.#jar.setCookieSync(setCookie, String(url));
  }

  /** Deletes cookies. */
  forget(isForgotten: (cookie: Cookie) => boolean): void {
    for (const { domain, path, key } of this.cookies.filter(isForgotten)) {
      this.#store.removeCookie(domain ?? '', path ?? '/', key, () => undefined);
    }
  }

  /** Another browser with copies of the same cookies. */
  clone(): UserAgent {
    const copy = new UserAgent(this.#fetch);
    for (const cookie of this.cookies) {
      const { domain, path } = cookie;
      copy.setCookie(cookie.toString(), `https://${domain}${path}`);
    }
    return copy;
  }

  async #request(
    url: string | URL,
    init: { method?: string; body?: URLSearchParams; headers: Record<string, string> },
  ): Promise<Response> {
    const cookie = this.cookieHeader(url);
    const response = await this.#fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        Accept: 'text/html',
        ...(cookie !== '' && { Cookie: cookie }),
        ...this.headers,
        ...init.headers,
      },
    });
    for (const header of response.headers.getSetCookie()) this.setCookie(header, url);
    return response;
  }
}
