import { AUTHENTICATION_METHODS } from '../../clients/authentication-methods.ts';
import type { Feature } from '../feature.ts';
import { acceptAssertionsOnce, assertJwtClientAuthClaimsAndHeader } from './assertions.ts';
import { useRemoteKeys } from './client-keys.ts';
import { compareSecretDigests, registerSecretsAsDigests } from './secrets.ts';
import { throttleClientSecrets } from './throttling.ts';

/**
 * Client authentication at the endpoints for clients. This folder owns how a secret is compared and throttled, and which assertions are
 * accepted; the list of methods and algorithms, and the digests of secrets, are in `clients/`. The engine reads credentials from the
 * request and compares the method with the registered one.
 */
export const clientAuthentication: Feature = {
  spec: ['RFC 6749 §2.3', 'RFC 7523 §2.2'],
  clientMetadata: [
    'token_endpoint_auth_method',
    'token_endpoint_auth_signing_alg',
    'jwks',
    'jwks_uri',
    'assertion_audience',
    'allowed_origins',
  ],
  auditEvents: ['client.authentication_failed'],
  configure: () => ({
    clientAuthMethods: [...AUTHENTICATION_METHODS],
    assertJwtClientAuthClaimsAndHeader,
  }),
  extend(provider, { store, secretThrottle, outbound, clock }) {
    registerSecretsAsDigests(provider);
    compareSecretDigests(provider, clock);
    acceptAssertionsOnce(provider, store.artifacts);
    useRemoteKeys(provider, { outbound, clock });
    throttleClientSecrets(provider, secretThrottle);
  },
};
