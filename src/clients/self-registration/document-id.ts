import { hash } from 'node:crypto';

/** Ids of clients that are addresses of metadata documents (draft-ietf-oauth-client-id-metadata-document §3). */

/** Characters, as of every `client_id` parameter. */
const MAX_LENGTH = 256;

/**
 * Whether a `client_id` is the address of a metadata document: https, with a path, without fragment, user and dot segments. Only the
 * spelling that WHATWG URL produces is one, because clients are compared as texts.
 * @param http whether `http:` is allowed too, as the guarded fetch does for a server on this machine
 */
export function isDocumentId(id: string, { http }: { http: boolean }): boolean {
  if (id.length > MAX_LENGTH) return false;
  const url = URL.parse(id);
  if (url === null || url.href !== id) return false;
  if (url.protocol !== 'https:' && !(http && url.protocol === 'http:')) return false;
  return url.pathname !== '/' && !id.includes('#') && url.username === '' && url.password === '';
}

/**
 * `ClientRecord.instance` of the client of a document, by which consents and withdrawals are stored: the client is the same as long as its
 * address is.
 */
export function documentInstance(id: string): string {
  return `document-${hash('sha256', id, 'base64url')}`;
}
