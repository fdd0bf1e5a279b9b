import { toJsonSchema } from '@valibot/to-json-schema';
import { schema } from './schema.ts';
import { REGISTRATION_MODES } from './schema-registration.ts';
import { SIGN_UP_MODES } from './schema-sign-up.ts';

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
      registration: orMode(properties.registration, REGISTRATION_MODES),
      signUp: orMode(properties.signUp, SIGN_UP_MODES),
    },
  };
}

/** The mode alone is short for a mapping with it. */
function orMode(section: unknown, modes: readonly string[]) {
  const { type, ...mapping } = section as { type: 'object' };
  return { anyOf: [{ type }, { enum: [...modes] }], ...mapping };
}
