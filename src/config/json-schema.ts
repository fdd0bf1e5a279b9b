import { toJsonSchema } from '@valibot/to-json-schema';
import { schema } from './schema.ts';
import { REGISTRATION_MODES } from './schema-registration.ts';

/** The JSON Schema of `signet.yaml`, for editors. */
export function configJsonSchema(): object {
  const { properties = {}, ...rest } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    errorMode: 'ignore',
  });
  // The mode alone is short for a mapping with it.
  const { registration = {} } = properties;
  const { type, ...mapping } = registration as Exclude<typeof registration, boolean>;
  const either = { anyOf: [{ type }, { enum: REGISTRATION_MODES }], ...mapping };
  return { ...rest, properties: { ...properties, registration: either } };
}
