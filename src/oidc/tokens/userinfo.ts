import { PATHS } from '../../http/paths.ts';
import type { Feature } from '../feature.ts';

/**
 * Userinfo, by the engine: claims for an opaque access token, or for a JWT whose audience has this endpoint (`userinfo-token.ts`). The
 * token is in the Authorization header or in the form (RFC 6750 §2). The response is JSON, or a JWT for a client that has registered an
 * algorithm.
 */
export const userinfo: Feature = {
  spec: ['OpenID Connect Core 1.0 §5.3', 'RFC 6750'],
  clientMetadata: [
    'userinfo_signed_response_alg',
    'userinfo_encrypted_response_alg',
    'userinfo_encrypted_response_enc',
  ],
  configure: () => ({
    features: { jwtUserinfo: { enabled: true } },
    acceptQueryParamAccessTokens: false,
  }),
  routes: () => [
    {
      kind: 'api',
      path: PATHS.userinfo,
      name: 'userinfo',
      methods: ['GET', 'POST'],
      answer: undefined,
    },
  ],
};
