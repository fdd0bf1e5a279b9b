import { clientSettings } from '../engine/client-settings.ts';
import type { Grant } from '../feature.ts';

/** The authorization code grant with PKCE, by the engine. A client that is registered without PKCE must have credentials. */
export const authorizationCode: Grant<'authorization_code'> = {
  spec: ['RFC 6749 §4.1', 'RFC 7636'],
  grantType: 'authorization_code',
  policy: 'granted',
  clientMetadata: ['grant_types', 'response_types', 'require_pkce'],
  auditEvents: ['token.issued', 'token.reused'],
  configure: () => ({
    responseTypes: ['code'],
    pkce: {
      required: (_ctx, client) => client.clientAuthMethod === 'none' || clientSettings(client).requirePkce,
    },
  }),
};
