import type { z } from 'zod';
import { reservedKeys } from './reserved-names.ts';
import { type ConfigFile, schema } from './schema.ts';
import { describeIssue } from './schema-issues.ts';

/**
 * The values of a configuration that the schema accepts, and what is wrong with the others. Those are left out, so that checks which look
 * at several keys still run and all problems are reported together.
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
  /** Whether a sentence names one of them: it is about the default that replaces it then. */
  isIn(sentence: string): boolean;
}

/** Replaces an issuer that cannot be used, by one of the same mode. */
const ISSUERS = { development: 'http://localhost:3000', production: 'https://issuer.invalid' };

export function usableValues(input: Record<string, unknown>): UsableValues {
  const problems: string[] = [];
  const paths: (readonly PropertyKey[])[] = [];
  const reserved = reservedKeys(input);
  problems.push(...reserved.map((path) => `${path.join('.')}: is a reserved name; choose another`));
  let rest = reserved.length > 0 ? without(input, reserved) : input;
  const gone = new Set<string>();
  for (;;) {
    const parsed = schema.safeParse(rest);
    if (parsed.success) return { values: parsed.data, problems, leftOut: keysOf(paths) };
    const issues = firstOfEach(parsed.error.issues);
    // An unknown key must not hide what else is wrong.
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    const reported = unknown.length > 0 ? unknown : issues;
    problems.push(...reported.flatMap((issue) => describeIssue(issue)));
    rest = without(
      rest,
      unknown.length > 0
        ? unknown.flatMap(pathsOfKeys)
        : issues.map(({ path }) => remaining(entryOf(path), gone)),
    );
    if (unknown.length > 0) continue;
    paths.push(...issues.map(({ path }) => path));
    if (issues.some(({ path }) => path[0] === 'issuer')) rest.issuer = standIn(input.issuer);
  }
}

/** A value of the wrong type is measured all the same: text that should be a list is too long then. */
function firstOfEach(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const mistyped = new Set(
    issues.filter(({ code }) => code === 'invalid_type').map(({ path }) => JSON.stringify(path)),
  );
  return issues.filter(({ code, path }) => code === 'invalid_type' || !mistyped.has(JSON.stringify(path)));
}

function pathsOfKeys({ path, keys }: z.core.$ZodIssueUnrecognizedKeys): PropertyKey[][] {
  return keys.map((key) => [...path, key]);
}

/** What is left out for an issue. An entry of a list goes as a whole: one with a part missing would only give rise to further problems. */
function entryOf(path: readonly PropertyKey[]): readonly PropertyKey[] {
  const index = path.findIndex((name) => typeof name === 'number');
  return index === -1 ? path : path.slice(0, index + 1);
}

/** The path, or where that was left out already and its absence is an issue too, the nearest one above it. So every round leaves something out. */
function remaining(path: readonly PropertyKey[], gone: Set<string>): readonly PropertyKey[] {
  let rest = path;
  while (rest.length > 0 && gone.has(JSON.stringify(rest))) rest = rest.slice(0, -1);
  gone.add(JSON.stringify(rest));
  return rest;
}

/** A copy without what is at the paths; where nothing is there, without what should have it. */
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
  // Not before: the paths count from the beginning of the list as it was.
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
  // A name without a dot is also a word of the sentences: "host and port only".
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
