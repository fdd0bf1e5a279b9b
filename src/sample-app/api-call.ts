import type { RelyingParty, StepUp } from './relying-party.ts';

/** A call of the API and its result, for the account page. */
export interface ApiCall {
  request: string;
  /** Absent when the API did not respond. */
  status?: number;
  body: string;
  /** What the person can do after an error. */
  hint?: string;
  /** The API wants a stronger or more recent sign-in. */
  stepUp?: StepUp;
}

/** What to write. */
export interface NewMessage {
  text: string;
  urgent: boolean;
}

/** Characters of the response body that are shown. */
const MAX_BODY_LENGTH = 20_000;

const HINTS: Readonly<Record<number, string>> = {
  401: 'The access token has expired or was not accepted. Refresh it and call again.',
  403: 'The access token does not allow this. Sign in again and allow it.',
  503: 'The API cannot check access tokens at the moment. Call again shortly.',
};

/** For a person who has no second step: the app has asked for it. */
const NO_SECOND_STEP =
  'Urgent messages need a second step when you sign in. Add a passkey or an authenticator app to your account, and write again.';

/**
 * Reads or writes messages.
 * @param message to write; undefined to read
 */
export async function callMessagesApi(
  party: RelyingParty,
  api: string,
  accessToken: string,
  message: NewMessage | undefined,
): Promise<ApiCall> {
  const url = new URL(message?.urgent === true ? '/messages/urgent' : '/messages', api);
  const method = message === undefined ? 'GET' : 'POST';
  const request = `${method} ${url.href}`;
  try {
    const { response, stepUp } = await party.fetch(
      accessToken,
      url,
      method,
      message && JSON.stringify({ text: message.text }),
    );
    const hint = stepUp === undefined ? HINTS[response.status] : NO_SECOND_STEP;
    return {
      request,
      status: response.status,
      body: indent(await response.text()).slice(0, MAX_BODY_LENGTH),
      ...(hint !== undefined && { hint }),
      ...(stepUp !== undefined && { stepUp }),
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
