import { type AuthorizationRequest, authorizationRequest, redeem, type TokenResponse, WEB } from './flow.ts';
import type { App } from './second-factor.ts';
import { UserAgent } from './user-agent.ts';

/** A person who signs in at a browser, page by page. */
export interface Walker {
  username: string;
  password: string;
  app?: App | undefined;
}

export interface Walk {
  /** The pages that came, in order. */
  pages: string[];
  /** The last address: the redirect URI, or the page at which the walk ended. */
  url: URL;
  html: string;
  status: number;
  request: AuthorizationRequest;
}

export interface WalkOptions {
  agent?: UserAgent;
  parameters?: Record<string, string | undefined>;
  /** Fields of the page of the second factor. */
  second?: Record<string, string>;
  /** The page at which to stop. */
  until?: string;
}

/** Answers the pages of an authorization request, until the application gets its answer or no page has a form. */
export async function walk(issuer: string, person: Walker, options: WalkOptions = {}): Promise<Walk> {
  const { agent = new UserAgent(), parameters = {}, second = {}, until } = options;
  const request = authorizationRequest(issuer, parameters);
  let { response, url } = await agent.follow(request.url);
  const pages: string[] = [];
  for (;;) {
    const html = url.origin === request.url.origin ? await response.text() : '';
    const page = html === '' ? undefined : pageOf(html);
    if (page !== undefined) pages.push(page);
    if (page === undefined || page === until || !html.includes('<form') || pages.length > 6)
      return { pages, url, html, status: response.status, request };
    ({ response, url } = await agent.submit({ url, html }, fieldsOf(page, person, second)));
  }
}

/** By `data-page`. */
export function pageOf(html: string): string {
  return /<body data-page="([^"]+)"/.exec(html)?.[1] ?? 'none';
}

function fieldsOf(page: string, person: Walker, second: Record<string, string>): Record<string, string> {
  if (page === 'login') return { login: person.username, password: person.password };
  return page === 'second-factor' ? { code: person.app?.next() ?? '', ...second } : {};
}

/** The tokens of a walk that has ended with a code. */
export async function tokensOf(issuer: string, { url, request }: Walk, client = WEB): Promise<TokenResponse> {
  const { body } = await redeem(issuer, url.searchParams.get('code') ?? '', request, client);
  return body;
}
