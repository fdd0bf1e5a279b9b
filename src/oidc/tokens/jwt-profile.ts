import type { Feature } from '../feature.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { GRANT_CLAIM, INSTANCE_CLAIM } from './access-token.ts';

/** The JWT profile for access tokens: claims that Signet adds to those of the engine. */
export const jwtAccessTokens: Feature = {
  spec: ['RFC 9068'],
  configure: () => ({
    extraTokenClaims: ({ oidc: { client } }, token) => {
      if (token.kind !== 'AccessToken')
        return { [INSTANCE_CLAIM]: client && clientSettings(client).instance };
      return token.aud === undefined ? undefined : { [GRANT_CLAIM]: token.grantId };
    },
  }),
};
