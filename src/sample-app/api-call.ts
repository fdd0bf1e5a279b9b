import type { RelyingParty } from './relying-party.ts';

/** A call of the API and its result, for the account page. */
export interface ApiCall {
  request: string;
  /** Absent when the API did not respond. */
  status?: number;
  body: string;
  /** What the person can do after an error. */
  hint?: string;
}

/** Characters of the response body that are shown. */
const MAX_BODY_LENGTH = 20_000;

const HINTS: Readonly<Record<number, string>> = {
  401: 'The access token has expired or was not accepted. Refresh it and call again.',
  403: 'The access token does not allow this. Sign in again and allow it.',
  503: 'The API cannot check access tokens at the moment. Call again shortly.',
};

/**
 * Reads or writes messages.
 * @param text the message to write; undefined to read
 */
export async function callMessagesApi(
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
      body: indent(await response.text()).slice(0, MAX_BODY_LENGTH),
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
