import { RegistrationError } from '../../clients/self-registration/errors.ts';
import { JsonBodyError } from '../../http/json-body.ts';
import { Problem } from '../../http/problem.ts';

/** The errors of the endpoints for registration, as JSON whatever the client accepts (RFC 7591 §3.2.2). */

/** @returns the problem of a request that was refused; other errors are thrown */
export function registrationProblem(error: unknown): Problem {
  if (error instanceof RegistrationError) {
    return new Problem(400, error.code, asciiOf(error.message), { format: 'json' });
  }
  if (error instanceof JsonBodyError) {
    return new Problem(400, 'invalid_client_metadata', error.message, { format: 'json' });
  }
  throw error;
}

/** For a token that is missing, unknown, expired or used up (RFC 6750 §3.1, RFC 7592 §3). */
export function invalidToken(description: string): Problem {
  return new Problem(401, 'invalid_token', description, {
    format: 'json',
    headers: { 'WWW-Authenticate': `Bearer error="invalid_token", error_description="${description}"` },
  });
}

/** The characters of an `error_description` (RFC 6749 §5.2); messages quote what the client sent. */
function asciiOf(text: string): string {
  return text
    .slice(0, 500)
    .replaceAll(/[^\x20-\x7E]/g, '?')
    .replaceAll(/["\\]/g, "'");
}
