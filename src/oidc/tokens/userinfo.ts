import { PATHS } from '../../http/paths.ts';
import type { Feature } from '../feature.ts';

/**
 * Userinfo, by the engine: claims for an opaque access token, or for a JWT whose audience has this endpoint (`userinfo-token.ts`). The
 * token is in the Authorization header or in the form (RFC 6750 §2).
 */
export const userinfo: Feature = {
  spec: ['OpenID Connect Core 1.0 §5.3', 'RFC 6750'],
  configure: () => ({
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
