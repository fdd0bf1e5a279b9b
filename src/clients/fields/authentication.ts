import * as v from 'valibot';
import {
  ASSERTION_ALGORITHMS,
  ASSERTION_AUDIENCES,
  AUTHENTICATION_METHODS,
  DEFAULT_AUTHENTICATION_METHOD,
  SECRET_ASSERTION_ALGORITHMS,
} from '../authentication-methods.ts';
import { publicKeySet } from '../jwks.ts';
import { oneOf, text } from './values.ts';

/** How a client authenticates, and from which pages. */
export const AUTHENTICATION = {
  token_endpoint_auth_method: v.optional(oneOf(AUTHENTICATION_METHODS), DEFAULT_AUTHENTICATION_METHOD),
  token_endpoint_auth_signing_alg: v.optional(
    oneOf([...ASSERTION_ALGORITHMS, ...SECRET_ASSERTION_ALGORITHMS]),
  ),
  jwks: v.optional(publicKeySet),
  jwks_uri: v.optional(text),
  assertion_audience: v.optional(oneOf(ASSERTION_AUDIENCES)),
  allowed_origins: v.optional(v.array(text, 'must be a list of origins')),
};
