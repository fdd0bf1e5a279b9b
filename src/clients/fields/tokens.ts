import * as v from 'valibot';
import { DEFAULT_GRANT_TYPE, GRANT_TYPE_NAMES } from '../grant-types.ts';
import { flag, listOf } from './values.ts';

/** Grants, scopes and tokens. */
export const TOKENS = {
  grant_types: v.optional(listOf(GRANT_TYPE_NAMES), [DEFAULT_GRANT_TYPE]),
  scope: v.string('must be scopes separated by spaces'),
  id_token_claims: v.optional(flag),
};
