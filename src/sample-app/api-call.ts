import type { RelyingParty } from './relying-party.ts';

/** One call to the API, as the page shows it. */
export interface ApiCall {
  request: string;
  /** Absent when there was no answer. */
  status?: number;
  body: string;
  /** What the person can do about a refusal. */
  hint?: string;
}

const MAX_SHOWN = 20_000;

const HINTS: Readonly<Record<number, string>> = {
  401: 'The access token has expired or was not accepted. Refresh it and call again.',
  403: 'The access token does not allow this. Sign in again and allow it.',
  503: 'The API cannot check access tokens at the moment. Call again shortly.',
};

/**
 * Reads the messages, or writes one.
 * @param text the message to write; undefined reads
 */
export async function callMessages(
  party: RelyingParty,
  api: string,
  accessToken: string,
  text: string | undefined,
): Promise<ApiCall> {
  const url = new URL('/messages', api);
  const method = text === undefined ? 'GET' : 'POST';
  const request = `${method} ${url.href}`;
  try {
    const response = await party.fetch(
      accessToken,
      url,
      method,
      text === undefined ? undefined : JSON.stringify({ text }),
    );
    const hint = HINTS[response.status];
    return {
      request,
      status: response.status,
      body: indent(await response.text()).slice(0, MAX_SHOWN),
      ...(hint !== undefined && { hint }),
    };
  } catch {
    return { request, body: 'No answer.', hint: 'Is the API running?' };
  }
}

function indent(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
