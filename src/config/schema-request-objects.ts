import * as v from 'valibot';
import { withDefault } from './schema-values.ts';

/** The section `requestObjects`. */
export const requestObjects = v.strictObject({
  encryption: withDefault(
    v.boolean(),
    'True: clients may encrypt request objects; the JWKS has keys for it, with `use: enc`, which rotate like signing keys.',
    false,
  ),
});
