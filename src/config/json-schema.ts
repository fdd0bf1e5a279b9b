import { toJsonSchema } from '@valibot/to-json-schema';
import { SECTIONS_WITH_MODE } from './mode-shorthand.ts';
import { schema } from './schema.ts';

/** The JSON Schema of `signet.yaml`, for editors. */
export function configJsonSchema(): object {
  const { properties = {}, ...rest } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    errorMode: 'ignore',
  });
  return {
    ...rest,
    properties: {
      ...properties,
      ...Object.fromEntries(
        Object.entries(SECTIONS_WITH_MODE).map(([key, modes]) => [key, orMode(properties[key], modes)]),
      ),
    },
  };
}

/** The mode alone is short for a mapping with it. */
function orMode(section: unknown, modes: readonly string[]) {
  const { type, ...mapping } = section as { type: 'object' };
  return { anyOf: [{ type }, { enum: [...modes] }], ...mapping };
}
