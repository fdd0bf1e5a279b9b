import { EXAMPLES } from '../client.ts';

/** What stands for each of the `EXAMPLES` in a run. */
export type Values = Record<keyof typeof EXAMPLES, string>;

/** Replaces the example values in a text. */
export function fillExamples(text: string, values: Values): string {
  return Object.entries(EXAMPLES).reduce(
    (filled, [name, example]) => filled.replaceAll(example, values[name as keyof Values]),
    text,
  );
}

/** Replaces the example values in anything that JSON can express. */
export function fillExamplesIn<Value>(value: Value, values: Values): Value {
  return JSON.parse(fillExamples(JSON.stringify(value), values)) as Value;
}
