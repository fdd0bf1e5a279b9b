/** RFC 7591 §3.2.2. */
export type RegistrationErrorCode =
  | 'invalid_client_metadata'
  | 'invalid_redirect_uri'
  | 'invalid_software_statement'
  | 'unapproved_software_statement';

/** A registration was refused. The message is one fragment for the client. */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
  readonly code: RegistrationErrorCode;

  constructor(code: RegistrationErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** @param problems one sentence each, which begins with the member; at least one */
export function metadataError(problems: readonly string[]): RegistrationError {
  const [first = 'invalid'] = problems;
  const code = first.startsWith('redirect_uris:') ? 'invalid_redirect_uri' : 'invalid_client_metadata';
  return new RegistrationError(code, first);
}
