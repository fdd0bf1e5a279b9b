import type { Feature } from '../feature.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { GRANT_CLAIM, INSTANCE_CLAIM, SESSION_CLAIM } from './access-token.ts';
import { addUserinfoAudience, userinfoEndpoint } from './userinfo-audience.ts';

/** The JWT profile for access tokens: claims that Signet adds to those of the engine. */
export const jwtAccessTokens: Feature = {
  spec: ['RFC 9068'],
  configure: ({ apis, config }) => ({
    extraTokenClaims: ({ oidc: { client } }, token) => {
      if (token.kind !== 'AccessToken')
        return { [INSTANCE_CLAIM]: client && clientSettings(client).instance };
      if (token.aud === undefined) return undefined;
      return { [GRANT_CLAIM]: token.grantId, [SESSION_CLAIM]: token.expiresWithSession || undefined };
    },
    formats: {
      customizers: {
        jwt: (ctx, token, jwt) =>
          addUserinfoAudience(ctx, token, jwt, { apis, endpoint: userinfoEndpoint(config) }),
      },
    },
  }),
};
