import type { Middleware } from 'koa';
import type { Config } from '../../config/config.ts';
import { CONTENT_ENCRYPTION, KEY_MANAGEMENT } from '../../config/encryption-algorithms.ts';
import type { Feature } from '../feature.ts';

/** Request objects (RFC 9101, OpenID Connect Core §6): the parameters of an authorization request in a JWT that its client has signed. */
export const requestObjects: Feature = {
  spec: ['RFC 9101', 'OpenID Connect Core 1.0 §6'],
  clientMetadata: [
    'request_object_signing_alg',
    'require_signed_request_object',
    'request_uris',
    'request_object_encryption_alg',
    'request_object_encryption_enc',
  ],
  configure: () => ({ features: { requestObjects: { enabled: true } } }),
};

/** Discovery: a `request_uri` must be registered, and which encryption is accepted. The engine knows neither. */
export function listRequestObjects({ requestObjects: { encryption } }: Config): Middleware {
  const metadata = {
    request_uri_parameter_supported: true,
    require_request_uri_registration: true,
    request_object_encryption_alg_values_supported: encryption ? KEY_MANAGEMENT : undefined,
    request_object_encryption_enc_values_supported: encryption ? CONTENT_ENCRYPTION : undefined,
  };
  return async (ctx, next) => {
    await next();
    if (ctx.status === 200) Object.assign(ctx.body as object, metadata);
  };
}
