import type { Feature } from '../feature.ts';

/** Metadata about a client that pages show, or that is stored for the administrator. It is registered by file and command (`clients/`). */
export const clientInformation: Feature = {
  spec: ['RFC 7591 §2', 'OpenID Connect Dynamic Client Registration 1.0 §2', 'OpenID Connect Core 1.0 §4'],
  clientMetadata: [
    'client_name',
    'client_uri',
    'logo_uri',
    'policy_uri',
    'tos_uri',
    'contacts',
    'initiate_login_uri',
  ],
};
