import { isJsonObject } from './json-object.ts';
import { reservedKeys } from './reserved-names.ts';

/**
 * JSON of others, read so that every parser reads the same (RFC 7493 §2). The check is that of `resource-server/unambiguous-json.ts`, which is
 * for copying and imports nothing from the server.
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string, and the colon after it when the string is the name of a member. */
const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** Text that is not what was asked for. The message is a predicate without a subject, and may go to a client. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
}

/**
 * @param maxDepth of objects and lists in each other
 * @throws JsonTextError also for a name of an object's prototype
 */
export function parseJsonObject(bytes: Uint8Array, maxDepth: number): Record<string, unknown> {
  const value = parseUnambiguousJson(bytes, maxDepth);
  if (!isJsonObject(value)) throw new JsonTextError('is no JSON object');
  if (reservedKeys(value).length > 0) throw new JsonTextError('has a name that is reserved');
  return value;
}

/**
 * @param maxDepth of objects and lists in each other. The check stops there: a text of a few kilobytes has room for thousands of levels
 * @throws JsonTextError also for a byte order mark (RFC 8259 §8.1), a name twice in an object, a lone surrogate, or more depth
 */
function parseUnambiguousJson(bytes: Uint8Array, maxDepth = Infinity): unknown {
  const [text, value] = parse(bytes);
  const names = [...text.matchAll(STRING)].filter(([, colon]) => colon !== undefined);
  if (countMembers(value, maxDepth) !== names.length)
    throw new JsonTextError('has a name twice in an object');
  return value;
}

function parse(bytes: Uint8Array): [text: string, value: unknown] {
  try {
    const text = utf8.decode(bytes);
    return [text, JSON.parse(text)];
  } catch {
    throw new JsonTextError('is no JSON');
  }
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
    throw new JsonTextError('has a text that is not Unicode');
  if (typeof value !== 'object' || value === null) return 0;
  if (left === 0) throw new JsonTextError('has too many objects in each other');
  if (Array.isArray(value))
    return value.reduce<number>((count, item) => count + countMembers(item, left - 1), 0);
  return Object.entries(value).reduce(
    (count, [name, member]) => count + 1 + countMembers(name, left) + countMembers(member, left - 1),
    0,
  );
}
