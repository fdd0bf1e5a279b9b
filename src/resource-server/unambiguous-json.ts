/** Throws for invalid UTF-8. Keeps a byte order mark, so that `JSON.parse` rejects it (RFC 8259 §8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string literal, and the colon after it if the string is a member name. */
const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Whether all parsers read the bytes as the same JSON (RFC 7493 §2): well-formed UTF-8, and no duplicate member names, of which some
 * parsers keep the first and some the last (RFC 7515 §4, RFC 7519 §4). `JSON.parse` keeps one member of each name, so a duplicate
 * shows as fewer members than names in the text.
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
