import { isUnambiguousJson } from '../../config/unambiguous-json.ts';

/**
 * Whether all parsers read the same header and claims from a JWT: canonical base64url (RFC 4648 §3.5), UTF-8 without a byte order mark
 * (RFC 8259 §8.1), no name twice in an object (RFC 7515 §4, RFC 7519 §4), no lone surrogate (RFC 7493 §2.1).
 * @param jwt in compact form, with a valid signature
 * @param maxDepth of objects and lists in each other
 */
export function isUnambiguousJwt(jwt: string, maxDepth?: number): boolean {
  return jwt
    .split('.')
    .slice(0, 2)
    .every((part) => {
      const bytes = Buffer.from(part, 'base64url');
      return bytes.toString('base64url') === part && isUnambiguousJson(bytes, maxDepth);
    });
}
