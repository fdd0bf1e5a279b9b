/** The same check as in `resource-server/unambiguous-json.ts`, which is for copying and imports nothing from the server. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string, and the colon after it when the string is the name of a member. */
const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Whether all parsers read the same header and claims from a JWT: canonical base64url (RFC 4648 §3.5), UTF-8 without a byte order mark
 * (RFC 8259 §8.1), no name twice in an object (RFC 7515 §4, RFC 7519 §4), no lone surrogate (RFC 7493 §2.1).
 * @param jwt in compact form, with a valid signature
 */
export function isUnambiguousJwt(jwt: string): boolean {
  return jwt
    .split('.')
    .slice(0, 2)
    .every((part) => {
      const bytes = Buffer.from(part, 'base64url');
      return bytes.toString('base64url') === part && isUnambiguousJson(bytes);
    });
}

/** Whether all parsers read the same from JSON text. */
export function isUnambiguousJson(bytes: Uint8Array): boolean {
  try {
    const text = utf8.decode(bytes);
    const names = [...text.matchAll(STRING)].filter(([, colon]) => colon !== undefined);
    return countMembers(JSON.parse(text)) === names.length;
  } catch {
    return false;
  }
}

/** @throws Error for a string with a lone surrogate */
function countMembers(value: unknown): number {
  if (typeof value === 'string' && !value.isWellFormed()) throw new Error('not Unicode text');
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((count, item) => count + countMembers(item), 0);
  return Object.entries(value).reduce(
    (count, [name, member]) => count + 1 + countMembers(name) + countMembers(member),
    0,
  );
}
