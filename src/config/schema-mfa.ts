import * as v from 'valibot';
import { MFA_MODES } from './authentication-context.ts';
import { durationOrZero } from './duration.ts';
import { oneOf, text, withDefault } from './schema-values.ts';

/** The keys of `signet.yaml` for the second factor of a sign-in. */
export const mfa = v.strictObject({
  mode: withDefault(
    oneOf(MFA_MODES),
    '`optional`: people who have a second factor are asked for it. `required`: everybody needs one. `off`: no one is asked, but at `/account`. A client may ask for more (`mfa` in docs/clients.md).',
    'optional',
  ),
  groups: withDefault(
    v.record(text, oneOf(MFA_MODES)),
    'What holds for the members of a group, by its name, as `admins: required`. The strictest of `mode`, all groups of a person and the client counts.',
    {},
  ),
  rememberDevice: withDefault(
    durationOrZero,
    'Time for which people may skip the second factor on a device where they have used it. 0: never. An application that asks for it (`acr_values`) gets it anyway.',
    30 * 86_400,
  ),
});
