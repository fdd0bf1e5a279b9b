import type { Middleware } from 'koa';
import { createKeyReaderLog } from '../../audit/key-readers.ts';
import { jwksRoute } from '../../http/jwks.ts';
import { DISCOVERY_PATHS } from '../../http/paths.ts';
import { reachableAcrValues } from '../../config/reachable-acr.ts';
import type { Config } from '../../config/config.ts';
import type { Api } from '../../config/schema-apis.ts';
import { HMAC } from '../../clients/response-algorithms.ts';
import type { SigningAlgorithm } from '../../signing/algorithms.ts';
import { listRequestObjects } from '../authorization/request-objects.ts';
import type { Feature } from '../feature.ts';

/** The metadata documents, by the engine from its configuration, and the public keys of the ring. */
export const discovery: Feature = {
  spec: ['OpenID Connect Discovery 1.0', 'RFC 8414', 'RFC 9728 §4', 'RFC 7517'],
  auditEvents: ['keys.read'],
  routes: ({ config, published, algorithms, audit }) => [
    ...DISCOVERY_PATHS.map((path) => ({
      kind: 'json' as const,
      path,
      name: 'discovery',
      steps: [
        listSigningAlgorithms(algorithms),
        listRequestObjects(config),
        listApis(config.apis),
        listAcrValues(config),
      ],
      answer: undefined,
    })),
    jwksRoute(published, createKeyReaderLog(audit)),
  ],
};

/** The engine lists every algorithm that is configured, also one whose first key is announced and does not sign yet. */
function listSigningAlgorithms(algorithms: readonly SigningAlgorithm[]): Middleware {
  const signing = [...algorithms, HMAC];
  return async (ctx, next) => {
    await next();
    if (ctx.status === 200)
      Object.assign(ctx.body as object, {
        id_token_signing_alg_values_supported: signing,
        userinfo_signing_alg_values_supported: signing,
        introspection_signing_alg_values_supported: signing,
      });
  };
}

/** The engine lists every value that a client can register. */
function listAcrValues(config: Config): Middleware {
  const reachable = reachableAcrValues(config);
  return async (ctx, next) => {
    await next();
    if (ctx.status === 200) Object.assign(ctx.body as object, { acr_values_supported: reachable });
  };
}

/**
 * Adds the APIs with `listed`: their scopes to those of OpenID Connect, and their audiences as `protected_resources`. An API that is not
 * listed tells its clients its scopes itself, in its own metadata (RFC 9728 §2).
 */
function listApis(apis: readonly Api[]): Middleware {
  const listed = apis.filter((api) => api.listed);
  const scopes = listed.flatMap((api) => Object.keys(api.scopes));
  const audiences = listed.map(({ audience }) => audience);
  return async (ctx, next) => {
    await next();
    if (ctx.status !== 200 || listed.length === 0) return;
    const metadata = ctx.body as { scopes_supported: string[] };
    Object.assign(metadata, {
      scopes_supported: [...metadata.scopes_supported, ...scopes],
      protected_resources: audiences,
    });
  };
}
