import * as v from 'valibot';
import { url } from '../config/url.ts';

/** URLs of request objects, `request_uris` (OpenID Connect Core §6.2). */

/** Characters: more than that, and a browser on the way may refuse the request (OpenID Connect Core §6.2). */
export const MAX_REQUEST_URI_LENGTH = 512;

export const requestUri = v.pipe(
  url('must be an https URL', { protocol: /^https$/ }),
  v.maxLength(MAX_REQUEST_URI_LENGTH, `is longer than ${MAX_REQUEST_URI_LENGTH} characters`),
  v.check(isPlain, 'must begin with https:// and have no user name'),
);

function isPlain(text: string): boolean {
  const parsed = URL.parse(text);
  return text.startsWith('https://') && parsed?.username === '' && parsed.password === '';
}

/**
 * Whether the URL of a request is a registered one. They are compared character by character up to the fragment, which names the version of
 * the content: it changes with the object, without a new registration (OpenID Connect Core §6.2).
 */
export function isRegisteredRequestUri(requested: string, registered: readonly string[]): boolean {
  const wanted = withoutFragment(requested);
  return registered.some((each) => withoutFragment(each) === wanted);
}

function withoutFragment(uri: string): string {
  return uri.split('#', 1).join();
}
