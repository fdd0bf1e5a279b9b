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
  return [`${path.join('.') || 'configuration'}: ${issue.message}`];
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
