import * as v from 'valibot';
import { CLAIM_FORMS, type ClaimForm } from '../claim-form.ts';
import { text } from './values.ts';

/** Who may use a client, and what it learns of groups and roles. */

const groups = v.pipe(
  v.array(text, 'must be a list of group names'),
  v.minLength(1, 'must not be empty'),
  v.maxLength(200, 'has more than 200 groups'),
);

/** Without spaces, so that a list of roles can be written as text. */
const role = v.pipe(
  v.string('must be text'),
  v.regex(
    /^[\x21-\x7e]{1,200}$/,
    'must be names of roles: up to 200 visible ASCII characters, without spaces',
  ),
);

const name = v.pipe(text, v.maxLength(200, 'is longer than 200 characters'));
const shape = v.optional(v.picklist(CLAIM_FORMS, `must be ${CLAIM_FORMS.join(' or ')}`));

const MUST_BE_ROLES = 'must be roles with their groups: { writer: [editors] }';
const MUST_BE_FORM = 'must be a name, { name, shape } or { path, shape }';

const claimForm: v.GenericSchema<unknown, ClaimForm> = v.union(
  [
    v.pipe(
      name,
      v.transform((text) => ({ path: [text] })),
    ),
    v.pipe(
      v.strictObject({ name, shape }),
      v.transform(({ name, shape }) => ({ path: [name], shape })),
    ),
    v.strictObject({ path: v.pipe(v.array(name), v.minLength(1), v.maxLength(5)), shape }),
  ],
  MUST_BE_FORM,
);

export const PEOPLE = {
  allowed_groups: v.optional(groups),
  roles: v.optional(
    v.pipe(
      v.unknown(),
      v.check((value) => !Array.isArray(value), MUST_BE_ROLES),
      v.record(role, groups, MUST_BE_ROLES),
    ),
  ),
  claim_names: v.optional(
    v.strictObject({ groups: v.optional(claimForm), roles: v.optional(claimForm) }, MUST_BE_FORM),
  ),
};
