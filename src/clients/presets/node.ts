import type { Preset } from './preset.ts';

/** Presets of packages from npm. */

const CODE_AND_REFRESH = { grant_types: ['authorization_code', 'refresh_token'] };

export const NODE_PRESETS: Readonly<Record<string, Preset>> = {
  'openid-client': {
    title: 'openid-client 6',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/callback'],
    postLogoutPaths: ['/'],
    settings: [
      "const issuer = new URL('{issuer}');",
      "const clientId = '{client_id}';",
      "const clientSecret = '{client_secret}';",
    ],
  },
};
