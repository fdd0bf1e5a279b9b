import * as v from 'valibot';
import { duration } from './duration.ts';
import { oneOf, withDefault } from './schema-values.ts';

/** The keys of `signet.yaml` for the pages at which people manage their own accounts. */

/**
 * Claims that people may edit. Not among them: `email`, which has a page of its own; `preferred_username` and `groups`, by which
 * applications decide who may do what; claims about a verification.
 */
export const EDITABLE_CLAIMS = [
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'profile',
  'picture',
  'website',
  'gender',
  'birthdate',
  'zoneinfo',
  'locale',
  'phone_number',
] as const;

export type EditableClaim = (typeof EDITABLE_CLAIMS)[number];

export const account = v.strictObject({
  editableClaims: withDefault(
    v.array(oneOf(EDITABLE_CLAIMS)),
    'Claims that people may edit at `/account/profile`; `locale` is the language of pages and mails. A `phone_number` that a person changes is no longer verified.',
    ['name', 'given_name', 'family_name', 'nickname', 'locale', 'zoneinfo'],
  ),
  deletionDelay: withDefault(
    duration,
    'Time between the request of a person to delete the account and its removal, in which the person may still keep it.',
    14 * 86_400,
  ),
});
