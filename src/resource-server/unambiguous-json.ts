/** Fails for bytes that are no UTF-8, and leaves a byte order mark where it is, which JSON does not have (RFC 8259 §8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string, and the colon behind it where the string is the name of a member. */
const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Whether all parsers read bytes as the same JSON (RFC 7493 §2): well-formed UTF-8, and no name twice in an object, of which some take the
 * first and some the last (RFC 7515 §4, RFC 7519 §4). `JSON.parse` keeps one of each name, so fewer members than the text has.
 */
export function isUnambiguousJson(bytes: Uint8Array): boolean {
  try {
    const text = utf8.decode(bytes);
    const names = [...text.matchAll(STRING)].filter(([, colon]) => colon !== undefined);
    return countMembers(JSON.parse(text)) === names.length;
  } catch {
    return false;
  }
}

/** @throws Error when a text has half of a surrogate pair */
function countMembers(value: unknown): number {
  if (typeof value === 'string' && !value.isWellFormed()) throw new Error('not Unicode text');
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((count, item) => count + countMembers(item), 0);
  return Object.entries(value).reduce(
    (count, [name, member]) => count + 1 + countMembers(name) + countMembers(member),
    0,
  );
}
