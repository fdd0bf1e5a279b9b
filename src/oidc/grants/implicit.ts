import type { Grant } from '../feature.ts';
import { FRONT_CHANNEL_TYPES } from '../../clients/response-types.ts';
import { acceptDevelopmentRedirects, addStateHash } from '../authorization/front-channel.ts';

/**
 * The implicit and hybrid flows: tokens of the authorization endpoint, for clients that have registered such a response type
 * (`clients/response-types.ts`). The grant type has no request at the token endpoint. What differs from a code is in
 * `authorization/front-channel.ts`.
 */
export const implicit: Grant<'implicit'> = {
  spec: ['OpenID Connect Core 1.0 §3.2', 'OpenID Connect Core 1.0 §3.3'],
  grantType: 'implicit',
  policy: 'granted',
  auditEvents: ['token.issued'],
  configure: () => ({ responseTypes: [...FRONT_CHANNEL_TYPES] }),
  extend(provider, { config }) {
    addStateHash(provider);
    if (config.mode === 'development') acceptDevelopmentRedirects(provider);
  },
};
