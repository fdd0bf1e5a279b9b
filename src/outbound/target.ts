import { OutboundError } from './errors.ts';

/** Characters of a URL. */
const MAX_URL = 2048;

/**
 * The URL of a request, as WHATWG normalizes it: `0x7f.1`, `2130706433` and `017700000001` are 127.0.0.1 from here on.
 * @throws OutboundError
 */
export function parseTarget(text: string, { http }: { http: boolean }): URL {
  if (text.length > MAX_URL || !URL.canParse(text))
    throw new OutboundError('url', 'is not a URL, or too long');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(http && url.protocol === 'http:')) {
    throw new OutboundError('url', `has the scheme ${url.protocol}`);
  }
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('url', 'has a user name or a password');
  return url;
}

/** For the log: without the query, which may have a secret. */
export function loggedTarget(text: string): string {
  if (!URL.canParse(text)) return 'not a URL';
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`.slice(0, 300);
}
