import { HttpError } from 'koa';
import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';

/** What went wrong, for a person: `code` and `description` for whoever has to explain it, never a secret. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly description: string;

  constructor(status: number, code: string, title: string, description: string, options?: ErrorOptions) {
    super(`${code}: ${description}`, options);
    this.status = status;
    this.code = code;
    this.title = title;
    this.description = description;
  }
}

/**
 * A person's own no is not a problem (RFC 6749 §4.1.2.1, `access_denied`).
 * @returns what the authorization server says about it; undefined for any other error
 */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof AuthorizationResponseError) || error.error !== 'access_denied') return undefined;
  return error.error_description ?? DEFAULT_DESCRIPTION;
}

/** Any error as a problem. What is not known says nothing about itself to the browser. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const options = { cause: error };
  if (error instanceof AuthorizationResponseError) {
    const description = error.error_description ?? DEFAULT_DESCRIPTION;
    return new Problem(400, error.error, 'The sign-in did not work', description, options);
  }
  if (error instanceof ResponseBodyError) {
    const status = error.error === 'invalid_grant' ? 400 : 502;
    const description = error.error_description ?? DEFAULT_DESCRIPTION;
    return new Problem(status, error.error, 'The authorization server said no', description, options);
  }
  if (isUnreachable(error)) {
    const description = 'The authorization server cannot be reached at the moment. Try again shortly.';
    return new Problem(503, 'server_unavailable', 'Nobody answers', description, options);
  }
  if (error instanceof ClientError) {
    const code = error.code?.replace(/^OAUTH_/, '').toLowerCase() ?? 'invalid_response';
    return new Problem(400, code, 'The answer did not pass our checks', reasonOf(error), options);
  }
  if (error instanceof HttpError && error.expose) {
    return new Problem(error.status, 'invalid_request', 'That did not work', error.message, options);
  }
  return new Problem(500, 'server_error', 'Something broke', 'The fault is on our side.', options);
}

const DEFAULT_DESCRIPTION = 'It gave no further explanation.';

/** No connection, no answer in time, or an answer that is no JSON, such as a proxy's 502. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof ClientError) {
    return ['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'].includes(
      error.code ?? '',
    );
  }
  return error instanceof TypeError && error.message === 'fetch failed';
}

/** openid-client's own message is general; its cause names the claim or parameter. Both are fixed texts. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
