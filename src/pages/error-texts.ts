/** The text of each error for people: what happened, and what to do. The page shows the protocol's error code and description below it. */

export interface ErrorText {
  title: string;
  message: string;
  /** For an error that the visitor cannot solve. */
  note?: string | undefined;
}

const BACK = 'Go back to the application and try again.';
const NOTE = 'If it happens again, send the reference to the people who run the application.';

const UNSUPPORTED: ErrorText = {
  title: 'This way of signing in is not supported',
  message: `The application asked for something that this service does not offer. ${BACK}`,
  note: NOTE,
};

const NOT_SIGNED_IN: ErrorText = {
  title: 'You are not signed in',
  message: 'The application asked for an answer without showing you a page. Go back to it and sign in.',
  note: NOTE,
};

const BY_ERROR: ReadonlyMap<string, ErrorText> = new Map<string, ErrorText>([
  [
    'not_found',
    {
      title: 'There is no page here',
      message: 'Check the address, or go back to the application that you came from.',
    },
  ],
  [
    'method_not_allowed',
    {
      title: 'This page cannot be opened like this',
      message: 'Its address is for programs or forms. Go back to the application that you came from.',
    },
  ],
  [
    'misdirected_request',
    {
      title: 'This is not the address of this server',
      message: 'Go back to the application that you came from.',
    },
  ],
  [
    'cross_site_request',
    {
      title: 'This form came from another site',
      message: 'Only forms of our own pages are accepted. Go back to the application and sign in again.',
      note: NOTE,
    },
  ],
  [
    'invalid_form',
    {
      title: 'This form cannot be used',
      message: 'It does not fit the sign-in of this browser. Go back to the application and sign in again.',
      note: NOTE,
    },
  ],
  [
    'invalid_client',
    {
      title: 'This application is not known here',
      message: 'The application is not registered with this service, or the link to this page is incomplete.',
      note: NOTE,
    },
  ],
  [
    'invalid_redirect_uri',
    {
      title: 'The application is not set up correctly',
      message:
        'It asked to send you to an address that is not registered for it, so you were not sent there.',
      note: NOTE,
    },
  ],
  [
    'invalid_scope',
    {
      title: 'The application asked for too much',
      message: 'It asked for access that it is not registered for.',
      note: NOTE,
    },
  ],
  [
    'invalid_target',
    {
      title: 'The application asked for an unknown API',
      message: 'It asked for access to an API that it cannot have access to.',
      note: NOTE,
    },
  ],
  [
    'invalid_request_uri',
    {
      title: 'This request is no longer valid',
      message: 'It was used before, or it waited too long. Go back to the application and sign in again.',
      note: NOTE,
    },
  ],
  [
    'access_denied',
    {
      title: 'Access was not allowed',
      message: 'The application did not get access to your account. Go back to the application.',
    },
  ],
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
  [413, { title: 'The request is too large', message: BACK, note: NOTE }],
  [
    431,
    {
      title: 'Your browser sent too much',
      message: 'Delete the cookies of this site in your browser, then start again from the application.',
      note: NOTE,
    },
  ],
  [500, { title: 'Something failed on our side', message: `It is not your fault. ${BACK}`, note: NOTE }],
  [
    503,
    {
      title: 'This service is not available right now',
      message: 'Please try again in a moment.',
      note: NOTE,
    },
  ],
]);

const INVALID: ErrorText = {
  title: 'This request is not valid',
  message: `What the application sent cannot be used. ${BACK}`,
  note: NOTE,
};

/** For the logout endpoint: every error has the same effect. */
export const SIGN_OUT_FAILED: ErrorText = {
  title: 'You were not signed out',
  message: 'The request to sign you out is not valid. Go back to the application and sign out there again.',
  note: NOTE,
};

/** @param status distinguishes errors with the same code */
export function errorText(error: string, status = 400): ErrorText {
  return BY_ERROR.get(error) ?? BY_STATUS.get(status) ?? INVALID;
}

/** @param seconds as in `Retry-After` */
export function tooManyRequests(seconds: number): ErrorText {
  return { title: 'Too many requests', message: `Please try again in ${formatWait(seconds)}.` };
}

/** Rounded up: `45 seconds`, and from two minutes `3 minutes`. */
export function formatWait(seconds: number): string {
  const [count, unit] = seconds < 120 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
