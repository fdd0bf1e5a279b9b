import type { Config } from '../config/config.ts';
import { isLoopback } from './redirect-uri.ts';

/** Characters. */
const MAX_LENGTH = 2048;

/**
 * `backchannel_logout_uri` (OpenID Connect Back-Channel Logout 1.0 §2.2). Which addresses are connected to is decided at each request
 * (`outbound/`).
 * @returns one sentence per problem
 */
export function backChannelUriProblems(
  {
    backchannel_logout_uri: uri,
    backchannel_logout_session_required: session,
  }: {
    backchannel_logout_uri?: string | undefined;
    backchannel_logout_session_required?: boolean | undefined;
  },
  mode: Config['mode'],
): string[] {
  if (uri === undefined) {
    return session === undefined ? [] : ['backchannel_logout_session_required: needs backchannel_logout_uri'];
  }
  const problem = problemOf(uri, mode);
  return problem === undefined ? [] : [`backchannel_logout_uri: ${problem}`];
}

function problemOf(text: string, mode: Config['mode']): string | undefined {
  if (text.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  const url = new URL(text);
  if (text.includes('#')) return 'must not have a fragment';
  if (url.username !== '' || url.password !== '') return 'has a user name or password in it';
  if (url.protocol === 'https:' || (mode === 'development' && isLoopback(url))) return undefined;
  return 'must be https; http is for localhost in development';
}
