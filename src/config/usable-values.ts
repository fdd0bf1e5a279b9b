import * as v from 'valibot';
import { reservedKeys } from './reserved-names.ts';
import { type ConfigFile, schema } from './schema.ts';
import { type Problem, unknownKeys, valueProblems } from './schema-issues.ts';

/**
 * The values of a configuration that the schema accepts, and the problems of the others. Those are left out, so that checks across several
 * keys still run and all problems are reported together.
 */
export interface UsableValues {
  values: ConfigFile;
  problems: string[];
  leftOut: LeftOut;
}

/** The keys whose values were left out. */
export interface LeftOut {
  /** A key, or a part of it. */
  has(key: string): boolean;
  /** Whether a sentence names one of them. Such a sentence is about the default that replaced it. */
  isIn(sentence: string): boolean;
}

/** Replaces an unusable issuer, by one of the same mode. */
const ISSUERS = { development: 'http://localhost:3000', production: 'https://issuer.invalid' };

export function usableValues(input: Record<string, unknown>): UsableValues {
  const paths: (readonly PropertyKey[])[] = [];
  const reserved = reservedKeys(input);
  const problems = reserved.map((path) => `${path.join('.')}: is a reserved name; choose another`);
  let rest = reserved.length > 0 ? without(input, reserved) : input;
  // Unknown keys first: they must not hide what else is wrong.
  const unknown = unknownKeys(rest);
  problems.push(...unknown.map(toLine));
  rest = without(
    rest,
    unknown.map(({ path }) => path),
  );
  const gone = new Set<string>();
  for (;;) {
    const parsed = v.safeParse(schema, rest);
    const found = valueProblems(rest, parsed.issues ?? []);
    if (parsed.success && found.length === 0)
      return { values: parsed.output, problems, leftOut: keysOf(paths) };
    problems.push(...found.map(toLine));
    rest = without(
      rest,
      found.map(({ path }) => remaining(entryOf(path), gone)),
    );
    paths.push(...found.map(({ path }) => path));
    if (found.some(({ path }) => path[0] === 'issuer')) rest.issuer = standIn(input.issuer);
  }
}

function toLine({ path, sentence }: Problem): string {
  return `${path.map(String).join('.') || 'configuration'}: ${sentence}`;
}

/** The part of a path to leave out. An entry of a list is left out as a whole: an incomplete one would cause further problems. */
function entryOf(path: readonly PropertyKey[]): readonly PropertyKey[] {
  const index = path.findIndex((name) => typeof name === 'number');
  return index === -1 ? path : path.slice(0, index + 1);
}

/** The path, or its nearest parent where the path was left out before and its absence is a problem too. So every round leaves something out. */
function remaining(path: readonly PropertyKey[], gone: Set<string>): readonly PropertyKey[] {
  let rest = path;
  while (rest.length > 0 && gone.has(JSON.stringify(rest))) rest = rest.slice(0, -1);
  gone.add(JSON.stringify(rest));
  return rest;
}

/** A copy without the values at the paths. Where there is no value, the parent is removed. */
function without(
  input: Record<string, unknown>,
  paths: readonly (readonly PropertyKey[])[],
): Record<string, unknown> {
  const copy = structuredClone(input);
  const lists = new Set<unknown[]>();
  for (const path of paths) {
    let parent: unknown = undefined;
    let node: unknown = copy;
    for (const name of path) {
      parent = node;
      node = Reflect.get(Object(node), name);
    }
    const name = path.at(-1);
    if (name === undefined) return {};
    if (Array.isArray(parent)) {
      parent[Number(name)] = GONE;
      lists.add(parent);
    } else if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, name);
  }
  // Afterwards, because the indexes in the paths are those of the original list.
  for (const list of lists) list.splice(0, list.length, ...list.filter((entry) => entry !== GONE));
  return copy;
}

const GONE = Symbol('gone');

function standIn(issuer: unknown): string {
  const isLocal = typeof issuer === 'string' && /localhost|127\.0\.0\.1|\[::1\]/.test(issuer);
  return isLocal ? ISSUERS.development : ISSUERS.production;
}

function keysOf(paths: readonly (readonly PropertyKey[])[]): LeftOut {
  const names = [...new Set(paths.map((path) => entryOf(path).map(String).join('.')))];
  // A name without a dot can also be a word of a sentence: "host and port only".
  const patterns = names.map(
    (name) =>
      new RegExp(
        `(^|[^\\w.])${name.replaceAll(/\W/g, '\\$&')}${name.includes('.') ? '(?!\\w)' : '(?=:|\\.\\w)'}`,
      ),
  );
  return {
    has: (key) => names.some((name) => name === key || name.startsWith(`${key}.`)),
    isIn: (sentence) => patterns.some((pattern) => pattern.test(sentence)),
  };
}
