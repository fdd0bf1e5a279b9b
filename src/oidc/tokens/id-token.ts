import { SCOPE_CLAIMS } from '../engine/claims.ts';
import type { Feature } from '../feature.ts';

/** ID tokens, by the engine. Which have claims about the person: `engine/find-account.ts`. */
export const idTokens: Feature = {
  spec: ['OpenID Connect Core 1.0 §2'],
  clientMetadata: [
    'id_token_signed_response_alg',
    'id_token_encrypted_response_alg',
    'id_token_encrypted_response_enc',
    'id_token_claims',
  ],
  configure: () => ({
    scopes: ['openid'],
    claims: { ...SCOPE_CLAIMS, acr: null, amr: null, auth_time: null, iss: null, sid: null },
    conformIdTokenClaims: false,
    // Of userinfo and introspection too.
    features: { encryption: { enabled: true } },
  }),
};
