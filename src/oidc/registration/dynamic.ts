import type { EventEmitter } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { registrationPolicy } from '../../clients/self-registration/policy.ts';
import { createClientUsage } from '../../clients/self-registration/usage.ts';
import { issuerUrl } from '../../config/issuer.ts';
import { lazyMiddleware } from '../../http/lazy-middleware.ts';
import { DERIVED_PATHS, PATHS } from '../../http/paths.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { Feature, FeatureContext } from '../feature.ts';
import { registrationQuotas } from './registration-quotas.ts';

/**
 * Clients that register themselves (RFC 7591), and manage that (RFC 7592). The endpoints are Signet's own: those of the engine store and
 * answer every member of a client, and know no digests of secrets. What a client may register is decided in `clients/self-registration/`.
 */
export const dynamicRegistration: Feature = {
  spec: ['RFC 7591 §3', 'RFC 7592', 'OpenID Connect Dynamic Client Registration 1.0 §3'],
  clientMetadata: ['software_id', 'software_version'],
  auditEvents: ['client.registered'],
  configure: ({ config }) =>
    registrationPolicy(config).mode === 'off'
      ? {}
      : { discovery: { registration_endpoint: issuerUrl(config.issuer, PATHS.registration) } },
  extend: recordUses,
  routes(context) {
    if (registrationPolicy(context.config).mode === 'off') return [];
    const { perNetwork, overall } = registrationQuotas(context);
    // Loaded by the first client.
    const endpoints = async () => (await import('./endpoints.ts')).registrationEndpoints(context, overall);
    return [
      {
        kind: 'json',
        path: PATHS.registration,
        name: 'registration',
        methods: ['POST'],
        steps: [perNetwork],
        answer: lazyMiddleware(async () => (await endpoints()).register),
      },
      {
        kind: 'json',
        path: DERIVED_PATHS.registration_client,
        name: 'registration_client',
        methods: ['GET', 'PUT', 'DELETE'],
        steps: [perNetwork],
        answer: lazyMiddleware(async () => (await endpoints()).manage),
      },
    ];
  },
};

/** Sign-ins and tokens of a client that registered itself. */
function recordUses(provider: Provider, { store, clock }: FeatureContext): void {
  const record = createClientUsage(store.clients, clock);
  const emitter: EventEmitter = provider;
  for (const event of ['authorization.success', 'grant.success']) {
    emitter.on(event, ({ oidc: { client } }: KoaContextWithOIDC) => {
      const registered = client && clientSettings(client).selfRegistered;
      if (client !== undefined && registered !== undefined && registered.isDocument !== true)
        record(client.clientId, registered.lastUsedAt);
    });
  }
}
