/** Where a member is in a JSON text: the names and indices that lead to it. */
export type JsonPath = readonly (string | number)[];

/** What begins, ends and parts values, and escapes in strings. One character at a time: an expression for a whole string keeps a stack of its escapes. */
const TOKEN = /\\.|["{}[\],:]/g;

interface Level {
  /** Of an object; undefined for a list. */
  readonly names: Set<string> | undefined;
  at: string | number;
}

/**
 * A parser keeps the last of two members with one name, and says nothing (RFC 8259 §4).
 * @param json a valid text
 * @returns the members whose name their object has before
 */
export function repeatedNames(json: string): JsonPath[] {
  const levels: Level[] = [];
  const repeated: JsonPath[] = [];
  /** Positions of the last string; without an end inside of it. */
  let [begin, end]: [number, number | undefined] = [0, 0];
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    if (end === undefined) {
      if (token === '"') end = index + 1;
      continue;
    }
    const level = levels.at(-1);
    if (token === '"') [begin, end] = [index, undefined];
    else if (token === '{') levels.push({ names: new Set(), at: '' });
    else if (token === '[') levels.push({ names: undefined, at: 0 });
    else if (token === '}' || token === ']') levels.pop();
    else if (token === ',') {
      if (typeof level?.at === 'number') level.at += 1;
    } else if (level?.names !== undefined) {
      level.at = JSON.parse(json.slice(begin, end)) as string;
      if (level.names.has(level.at)) repeated.push(levels.map(({ at }) => at));
      level.names.add(level.at);
    }
  }
  return repeated;
}
