/**
 * JSON of others, read so that every parser reads the same (RFC 7493 §2). The check is that of `resource-server/unambiguous-json.ts`, which is
 * for copying and imports nothing from the server.
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string, and the colon after it when the string is the name of a member. */
const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** JSON that parsers read differently, or that is too deep. The message is one fragment for the client. */
export class AmbiguousJsonError extends Error {
  override readonly name = 'AmbiguousJsonError';
}

/**
 * @param maxDepth of objects and lists in each other. The check stops there: a text of a few kilobytes has room for thousands of levels
 * @throws AmbiguousJsonError for a name twice in an object, a lone surrogate, or more depth; another error for text that is no JSON in UTF-8
 *   without a byte order mark (RFC 8259 §8.1)
 */
export function parseUnambiguousJson(bytes: Uint8Array, maxDepth = Infinity): unknown {
  const text = utf8.decode(bytes);
  const value: unknown = JSON.parse(text);
  const names = [...text.matchAll(STRING)].filter(([, colon]) => colon !== undefined);
  if (countMembers(value, maxDepth) !== names.length)
    throw new AmbiguousJsonError('a name is twice in an object');
  return value;
}

export function isUnambiguousJson(bytes: Uint8Array, maxDepth?: number): boolean {
  try {
    parseUnambiguousJson(bytes, maxDepth);
    return true;
  } catch {
    return false;
  }
}

/** @param left levels that the value may have */
function countMembers(value: unknown, left: number): number {
  if (typeof value === 'string' && !value.isWellFormed())
    throw new AmbiguousJsonError('a text is not Unicode');
  if (typeof value !== 'object' || value === null) return 0;
  if (left === 0) throw new AmbiguousJsonError('too many objects are in each other');
  if (Array.isArray(value))
    return value.reduce<number>((count, item) => count + countMembers(item, left - 1), 0);
  return Object.entries(value).reduce(
    (count, [name, member]) => count + 1 + countMembers(name, left) + countMembers(member, left - 1),
    0,
  );
}
