import type { UserAgent } from './user-agent.ts';

/** Pages in a `UserAgent`. */

export interface Page {
  url: URL;
  status: number;
  /** '' when the page is that of another server. */
  html: string;
}

/** Opens a page, through redirects. */
export async function openPage(agent: UserAgent, start: string | URL): Promise<Page> {
  return await pageOf(await agent.follow(start));
}

/** Submits the first form of a page. @returns the next page, after redirects */
export async function submit(
  agent: UserAgent,
  page: Pick<Page, 'url' | 'html'>,
  fields: Record<string, string>,
): Promise<Page> {
  return await pageOf(await agent.submit(page, fields));
}

async function pageOf({ response, url }: { response: Response; url: URL }): Promise<Page> {
  return { url, status: response.status, html: response.bodyUsed ? '' : await response.text() };
}
