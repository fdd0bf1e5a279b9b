import * as v from 'valibot';
import { url } from '../../config/url.ts';
import { ACR_VALUES } from '../../config/authentication-context.ts';
import { PKCE_POLICIES } from '../pkce.ts';
import { RESPONSE_TYPES, sortedType } from '../response-types.ts';
import { flag, listOf, oneOf, seconds, uris } from './values.ts';

const MUST_BE_TYPES = `must be a list of: ${RESPONSE_TYPES.join(', ')}`;

/** Authorization requests and responses (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2). */
export const AUTHORIZATION = {
  application_type: v.optional(oneOf(['web', 'native']), 'web'),
  redirect_uris: v.optional(uris, []),
  loopback_redirect_uris: v.optional(uris),
  trust_loopback: v.optional(flag),
  response_types: v.array(
    v.pipe(v.string(MUST_BE_TYPES), v.transform(sortedType), v.picklist(RESPONSE_TYPES, MUST_BE_TYPES)),
    MUST_BE_TYPES,
  ),
  response_modes: v.optional(
    v.pipe(listOf(['query', 'fragment', 'form_post']), v.minLength(1, 'must not be empty')),
  ),
  default_max_age: v.optional(seconds),
  require_auth_time: v.optional(flag),
  default_acr_values: v.optional(v.pipe(listOf(ACR_VALUES), v.minLength(1, 'must not be empty'))),
  mfa: v.optional(oneOf(['optional', 'required'])),
  initiate_login_uri: v.optional(url('must be an https URL', { protocol: /^https$/ })),
  pkce: v.optional(oneOf(PKCE_POLICIES)),
  require_pkce: v.optional(flag),
};
