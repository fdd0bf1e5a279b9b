import { CODE_AND_REFRESH, type Preset } from './preset.ts';

/** Presets of software in Go. */

export const GO_PRESETS: Readonly<Record<string, Preset>> = {
  'go-oidc': {
    title: 'go-oidc',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/auth/callback'],
    postLogoutPaths: ['/'],
    settings: [
      'issuer       = "{issuer}"',
      'clientID     = "{client_id}"',
      'clientSecret = "{client_secret}"',
      'appURL       = "{app_url}"',
    ],
  },
  'oauth2-proxy': {
    title: 'oauth2-proxy',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/oauth2/callback'],
    settings: [
      'provider = "oidc"',
      'oidc_issuer_url = "{issuer}"',
      'client_id = "{client_id}"',
      'client_secret = "{client_secret}"',
      'redirect_url = "{app_url}/oauth2/callback"',
      'code_challenge_method = "S256"',
    ],
  },
  kubernetes: {
    title: 'Kubernetes (kube-apiserver and kubectl)',
    metadata: {
      ...CODE_AND_REFRESH,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://localhost:8000'],
    },
    settings: ['- issuer:', '    url: {issuer}', '    audiences:', '      - {client_id}'],
  },
};
