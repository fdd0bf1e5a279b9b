import { z } from 'zod';
import { nearest } from './nearest.ts';
import { schema } from './schema.ts';

/** What the schema found, in sentences for the operator: one for each unknown key, one for any other issue. */
export function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    return issue.keys.map((key) => `${[...path, key].join('.')}: unknown key${suggestion(key, known)}`);
  }
  return [`${path.join('.') || 'configuration'}: ${sentence(issue)}`];
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'expected text',
  number: 'expected a number',
  boolean: 'expected true or false',
  array: 'expected a list: [one, two]',
  object: 'expected keys below it',
  record: 'expected pairs below it, name: value',
};

/** In words, and what to write instead. Never the value, which may be a secret. */
function sentence(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.message.endsWith('received undefined')) return 'is missing';
      if (issue.message.endsWith('received null')) return 'has no value; write one or remove the key';
      const inQuotes =
        issue.expected === 'string' && /received (number|boolean|NaN|bigint)$/.test(issue.message);
      return inQuotes
        ? 'expected text; put the value in quotes, or YAML reads it as something else'
        : (EXPECTED[issue.expected] ?? issue.message);
    }
    case 'invalid_format':
      // A key with a sentence of its own keeps it.
      return issue.format === 'url' && issue.message === 'Invalid URL'
        ? `expected a URL, for instance ${exampleUrl(issue.path)}`
        : issue.message;
    case 'invalid_value':
      return `expected ${issue.values.map(String).join(' or ')}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'array') return `has more than ${issue.maximum} entries`;
      return issue.origin === 'string'
        ? `is longer than ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function exampleUrl(path: readonly PropertyKey[]): string {
  return path.at(-1) === 'audience' ? 'https://orders.example.com' : 'https://login.example.com';
}

/** The keys that the schema has at a path. */
function knownKeys(path: readonly string[]): string[] {
  let node: unknown = schema;
  for (const step of path) {
    const inner = unwrap(node);
    node =
      inner instanceof z.ZodArray
        ? inner.element
        : inner instanceof z.ZodObject
          ? inner.shape[step]
          : undefined;
  }
  const found = unwrap(node);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function unwrap(node: unknown): unknown {
  let inner = node;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    inner = inner.unwrap();
  }
  return inner;
}

/** The known name that was probably meant, if there is one. */
export function suggestion(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return close === undefined ? '' : `; did you mean ${close}?`;
}
