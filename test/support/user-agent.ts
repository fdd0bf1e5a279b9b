/**
 * A browser as far as an authorization server can tell: keeps cookies by their path, follows no redirect by itself, and can read and
 * submit the plain forms of a page.
 */
interface Cookie {
  name: string;
  value: string;
  path: string;
  attributes: string;
}

interface Form {
  action: string;
  method: string;
  fields: Record<string, string>;
}

export class UserAgent {
  readonly cookies: Cookie[] = [];
  /** Sent with every request, for instance `Sec-Fetch-Site`. */
  readonly headers: Record<string, string> = {};

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

  /** Follows redirects while they stay on the origin; returns the last response and where it came from. */
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

  /** Submits a page's form with some of its fields filled in, and follows where it leads. */
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

  cookie(name: string): Cookie | undefined {
    return this.cookies.find((cookie) => cookie.name === name);
  }

  async #request(
    url: string | URL,
    init: { method?: string; body?: URLSearchParams; headers: Record<string, string> },
  ): Promise<Response> {
    const target = new URL(url);
    const cookie = this.cookies
      .filter(
        ({ path }) =>
          target.pathname === path || target.pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
      )
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const response = await fetch(target, {
      ...init,
      redirect: 'manual',
      headers: {
        Accept: 'text/html',
        ...(cookie !== '' && { Cookie: cookie }),
        ...this.headers,
        ...init.headers,
      },
    });
    for (const header of response.headers.getSetCookie()) this.#store(header);
    return response;
  }

  #store(header: string): void {
    const [pair = '', ...attributes] = header.split(/; */);
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(pair.indexOf('=') + 1);
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
    const index = this.cookies.findIndex((cookie) => cookie.name === name && cookie.path === path);
    if (index >= 0) this.cookies.splice(index, 1);
    if (value !== '' && !/expires=Thu, 01 Jan 1970/i.test(header)) {
      this.cookies.push({ name, value, path, attributes: attributes.join('; ') });
    }
  }
}

/** The first form of a page. */
export function formOf(html: string): Form {
  const [, attributes = '', content = ''] = /<form([^>]*)>([\s\S]*?)<\/form>/.exec(html) ?? [];
  const fields: Record<string, string> = {};
  for (const [input] of content.matchAll(/<input[^>]*>/g)) {
    const name = attribute(input, 'name');
    if (name !== undefined) fields[name] = attribute(input, 'value') ?? '';
  }
  return {
    action: attribute(attributes, 'action') ?? '',
    method: attribute(attributes, 'method') ?? 'get',
    fields,
  };
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value
    ?.replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}
