import type * as v from 'valibot';
import { nearest } from './nearest.ts';
import { schema } from './schema.ts';

/** Problems that the schema finds in a configuration, as sentences for the operator. */

export interface Problem {
  path: readonly PropertyKey[];
  /** Without the path, and never with the value, which may be a secret. */
  sentence: string;
}

/** By type of a schema. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'expected text',
  number: 'expected a number',
  boolean: 'expected true or false',
  array: 'expected a list: [one, two]',
  strict_object: 'expected keys below it',
  loose_object: 'expected keys below it',
  record: 'expected pairs below it, name: value',
};

/** The unknown keys at any depth: those of the sections before those of the top. valibot reports only the first one of an object. */
export function unknownKeys(value: unknown): Problem[] {
  return [...misfits(schema, value)].filter(({ isKey }) => isKey);
}

/** Other problems, one for each path. */
export function valueProblems(value: unknown, issues: readonly v.BaseIssue<unknown>[]): Problem[] {
  // For valibot, a list is an object with numbers for keys: its issues are below the path of the list.
  const lists = [...misfits(schema, value)];
  const others = issues.map((issue) => ({
    path: (issue.path ?? []).map(({ key }) => key as PropertyKey),
    sentence: describe(issue),
  }));
  const problems: Problem[] = [...lists];
  for (const other of others) {
    const isReported = problems.some(({ path }) => path.every((key, index) => other.path[index] === key));
    if (!isReported) problems.push(other);
  }
  return problems;
}

interface Misfit extends Problem {
  isKey: boolean;
}

/** The parts of a schema that contain schemas. A pipe has the members of its first schema. */
interface Node {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Node>>;
  /** Of an array. */
  readonly item?: Node;
  /** Of a record. */
  readonly value?: Node;
  /** Of a union the schemas, of a picklist the values. */
  readonly options?: readonly (Node | string | number)[];
  /** Of an optional value. */
  readonly wrapped?: Node;
}

/** Unknown keys, and lists in the place of keys. */
function* misfits(node: Node, value: unknown, path: readonly PropertyKey[] = []): Generator<Misfit> {
  const { type, entries, item, options = [], wrapped } = node;
  if (typeof value !== 'object' || value === null) return;
  if (wrapped !== undefined) yield* misfits(wrapped, value, path);
  else if (Array.isArray(value)) {
    if (entries !== undefined || node.value !== undefined) {
      yield { path, sentence: EXPECTED[type] ?? 'is a list', isKey: false };
    } else if (item !== undefined) {
      for (const [index, member] of value.entries()) yield* misfits(item, member, [...path, index]);
    }
  } else if (entries !== undefined) yield* misfitsOfObject(type, entries, value, path);
  else if (node.value !== undefined) {
    for (const [key, member] of Object.entries(value)) yield* misfits(node.value, member, [...path, key]);
  } else {
    const object = options.find((option) => typeof option === 'object' && option.entries !== undefined);
    if (typeof object === 'object') yield* misfits(object, value, path);
  }
}

function* misfitsOfObject(
  type: string,
  entries: Readonly<Record<string, Node>>,
  value: object,
  path: readonly PropertyKey[],
): Generator<Misfit> {
  for (const [key, inner] of Object.entries(entries)) {
    if (Object.hasOwn(value, key)) yield* misfits(inner, Reflect.get(value, key), [...path, key]);
  }
  if (type !== 'strict_object') return;
  const known = Object.keys(entries);
  for (const key of Object.keys(value).filter((each) => !known.includes(each))) {
    yield { path: [...path, key], sentence: `unknown key${suggestion(key, known)}`, isKey: true };
  }
}

function describe({ kind, type, input, received, message, requirement }: v.BaseIssue<unknown>): string {
  const expected = kind === 'schema' ? EXPECTED[type] : undefined;
  if (expected !== undefined) {
    if (received === 'undefined') return 'is missing';
    if (received === 'null') return 'has no value; write one or remove the key';
    const needsQuotes = type === 'string' && ['number', 'boolean', 'bigint'].includes(typeof input);
    return needsQuotes
      ? 'expected text; put the value in quotes, or YAML reads it as something else'
      : expected;
  }
  switch (type) {
    case 'min_length':
      return 'must not be empty';
    case 'max_length':
      return Array.isArray(input)
        ? `has more than ${String(requirement)} entries`
        : `is longer than ${String(requirement)} characters`;
    case 'min_value':
      return `must be at least ${String(requirement)}`;
    case 'max_value':
      return `must be at most ${String(requirement)}`;
    default:
      // All others have a message in the schema.
      return message;
  }
}

/** The known name that was probably meant. */
export function suggestion(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return close === undefined ? '' : `; did you mean ${close}?`;
}
