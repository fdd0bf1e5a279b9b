import { toJsonSchema } from '@valibot/to-json-schema';
import { schema } from './schema.ts';

/** The JSON Schema of `signet.yaml`, for editors. */
export function configJsonSchema(): object {
  return toJsonSchema(schema, { target: 'draft-2020-12', typeMode: 'input', errorMode: 'ignore' });
}
