import * as v from 'valibot';
import { url } from '../../config/url.ts';
import { DEFAULT_GRANT_TYPE, GRANT_TYPE_NAMES } from '../grant-types.ts';
import { SUBJECT_TYPES } from '../sector.ts';
import { flag, listOf, oneOf } from './values.ts';

/** Grants, scopes and tokens. */
export const TOKENS = {
  grant_types: v.optional(listOf(GRANT_TYPE_NAMES), [DEFAULT_GRANT_TYPE]),
  scope: v.string('must be scopes separated by spaces'),
  id_token_claims: v.optional(flag),
  subject_type: v.optional(oneOf(SUBJECT_TYPES)),
  sector_identifier_uri: v.optional(url('must be an https URL', { protocol: /^https$/ })),
};
