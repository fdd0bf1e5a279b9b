import type { Message } from '../messages/messages.ts';

/**
 * The text of each error for people: `<key>.title` says what happened, `<key>.message` what to do. The page shows the protocol's error code and
 * description below it.
 */
export interface ErrorText extends Message {
  /** For an error that the visitor cannot solve: whom to tell. */
  note?: boolean | undefined;
}

const UNSUPPORTED: ErrorText = { key: 'errors.unsupported', note: true };
const NOT_SIGNED_IN: ErrorText = { key: 'errors.notSignedIn', note: true };

const BY_ERROR: ReadonlyMap<string, ErrorText> = new Map<string, ErrorText>([
  ['not_found', { key: 'errors.notFound' }],
  ['method_not_allowed', { key: 'errors.methodNotAllowed' }],
  ['misdirected_request', { key: 'errors.otherAddress' }],
  ['cross_site_request', { key: 'errors.otherSite', note: true }],
  ['invalid_form', { key: 'errors.form', note: true }],
  ['invalid_client', { key: 'errors.client', note: true }],
  ['invalid_redirect_uri', { key: 'errors.redirectUri', note: true }],
  ['invalid_scope', { key: 'errors.scope', note: true }],
  ['invalid_target', { key: 'errors.api', note: true }],
  ['invalid_request_uri', { key: 'errors.usedRequest', note: true }],
  ['access_denied', { key: 'errors.denied' }],
  ...['login_required', 'consent_required', 'interaction_required', 'account_selection_required'].map(
    (error) => [error, NOT_SIGNED_IN] as const,
  ),
  ...[
    'unauthorized_client',
    'unsupported_response_type',
    'unsupported_response_mode',
    'request_not_supported',
    'request_uri_not_supported',
    'registration_not_supported',
  ].map((error) => [error, UNSUPPORTED] as const),
]);

const BY_STATUS: ReadonlyMap<number, ErrorText> = new Map<number, ErrorText>([
  [413, { key: 'errors.requestTooLarge', note: true }],
  [431, { key: 'errors.headersTooLarge', note: true }],
  [500, { key: 'errors.failed', note: true }],
  [503, { key: 'errors.unavailable', note: true }],
]);

const INVALID: ErrorText = { key: 'errors.invalid', note: true };

/** For the logout endpoint: every error has the same effect. */
export const SIGN_OUT_FAILED: ErrorText = { key: 'errors.signOut', note: true };

/** @param status distinguishes errors with the same code */
export function errorText(error: string, status = 400): ErrorText {
  return BY_ERROR.get(error) ?? BY_STATUS.get(status) ?? INVALID;
}

/** @param seconds as in `Retry-After` */
export function tooManyRequests(seconds: number): ErrorText {
  return { key: 'errors.tooManyRequests', values: { seconds } };
}
