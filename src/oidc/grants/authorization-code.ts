import { checkMissingChallenge } from '../authorization/pkce.ts';
import type { Grant } from '../feature.ts';

/** The authorization code grant with PKCE, by the engine. Which clients need PKCE is in `authorization/pkce.ts`. */
export const authorizationCode: Grant<'authorization_code'> = {
  spec: ['RFC 6749 §4.1', 'RFC 7636'],
  grantType: 'authorization_code',
  policy: 'granted',
  clientMetadata: ['grant_types', 'response_types', 'pkce', 'require_pkce'],
  auditEvents: ['token.issued', 'token.reused'],
  configure: ({ config }) => ({
    responseTypes: ['code'],
    // The suite's plans for OpenID Connect send neither PKCE nor, for some modules, a nonce.
    pkce: { required: config.profile === 'conformance' ? () => false : checkMissingChallenge },
  }),
};
