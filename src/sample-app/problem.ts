import { HttpError } from 'koa';
import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';

/** An error to show to the person. It contains no secret. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** OAuth error code, or one of this app: for support. */
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
 * Detects that the person denied the request (`access_denied`, RFC 6749 §4.1.2.1), which is not an error.
 * @returns the description by the authorization server; undefined for any other error
 */
export function denialOf(error: unknown): string | undefined {
  if (!(error instanceof AuthorizationResponseError) || error.error !== 'access_denied') return undefined;
  return error.error_description ?? DEFAULT_DESCRIPTION;
}

/** Converts any error into a problem. The details of unknown errors are not shown. */
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
    return new Problem(
      status,
      error.error,
      'The authorization server rejected the request',
      description,
      options,
    );
  }
  if (isUnreachable(error)) {
    const description = 'The authorization server cannot be reached at the moment. Try again shortly.';
    return new Problem(
      503,
      'server_unavailable',
      'The authorization server is not available',
      description,
      options,
    );
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

const DEFAULT_DESCRIPTION = 'The authorization server gave no explanation.';

/** No connection, no response in time, or a response that is not JSON, such as a proxy's 502. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof ClientError) {
    return ['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'].includes(
      error.code ?? '',
    );
  }
  return error instanceof TypeError && error.message === 'fetch failed';
}

/** The message of openid-client is general; its cause names the claim or parameter. Both are constant texts. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
