import * as v from 'valibot';

/** Building blocks of the schema: values, and keys with a description and a default. */

/** Not empty. */
export const text = v.pipe(v.string(), v.minLength(1));

export function number(min: number, max?: number) {
  const atLeast = v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(min));
  return v.pipe(atLeast, v.maxValue(max ?? Number.MAX_SAFE_INTEGER));
}

/** A value and what it means. */
export function key<const Schema extends v.GenericSchema>(schema: Schema, description: string) {
  return v.pipe(schema, v.description(description));
}

export function optional<const Schema extends v.GenericSchema>(schema: Schema, description: string) {
  return v.pipe(v.optional(schema), v.description(description));
}

/** The default is a value as it could be written, which the schema parses. */
export function withDefault<const Schema extends v.GenericSchema, Default extends v.InferInput<Schema>>(
  schema: Schema,
  description: string,
  fallback: Default,
) {
  return v.pipe(
    v.optional(schema, () => fallback),
    v.description(description),
  );
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return v.picklist(values, `expected ${values.join(' or ')}`);
}
