import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { REQUEST_OBJECT_ALGORITHMS } from '../../clients/request-object-algorithms.ts';
import { registeredKeys, seconds, signer } from '../client-auth/assertion-detail.ts';
import { quoted } from '../engine/quoted.ts';

/**
 * The detail of a rejected request object: its values, and the expected ones. The engine and `request-object-checks.ts` report which check
 * failed; nothing is decided here.
 */

interface RequestObject {
  ctx: KoaContextWithOIDC;
  header: Record<string, unknown>;
  claims: JWTPayload;
  /** Epoch seconds. */
  now: number;
}

const CLIENT_ID = ({ ctx, claims }: RequestObject): string =>
  `client_id is ${quoted(claims.client_id)} in the request object and ${quoted(ctx.oidc.client?.clientId)} outside; it must be the same (RFC 9101 §5)`;

/** Beginning of the message of the failed check → detail. */
const DETAILS: readonly (readonly [failed: string, describe: (object: RequestObject) => string])[] = [
  [
    'jwt audience missing',
    ({ ctx, claims }) => `aud is ${quoted(claims.aud)}; it must be the issuer, ${quoted(ctx.oidc.issuer)}`,
  ],
  [
    'jwt issuer invalid',
    ({ ctx, claims }) =>
      `iss is ${quoted(claims.iss)}; it must be the client_id, ${quoted(ctx.oidc.client?.clientId)}`,
  ],
  ['jwt expired', ({ claims, now }) => `exp was ${seconds(now - Number(claims.exp))} ago`],
  ['jwt not active yet', ({ claims, now }) => `nbf is ${seconds(Number(claims.nbf) - now)} away`],
  ['jwt issued in the future', ({ claims, now }) => `iat is ${seconds(Number(claims.iat) - now)} ahead`],
  [
    'no applicable key found',
    ({ ctx, header }) =>
      `no key of the client fits ${signer(header)}; registered: ${registeredKeys(ctx) || 'none, and jwks is needed'}`,
  ],
  [
    'signature verification failed',
    ({ ctx, header }) =>
      `the signature by ${signer(header)} fits no registered key; registered: ${registeredKeys(ctx)}`,
  ],
  [
    'unsupported signed request alg',
    ({ header }) => `alg is ${quoted(header.alg)}; it must be one of ${REQUEST_OBJECT_ALGORITHMS.join(', ')}`,
  ],
  [
    'the preregistered alg must be used',
    ({ ctx, header }) =>
      `alg is ${quoted(header.alg)}; request_object_signing_alg of the client is ${ctx.oidc.client?.requestObjectSigningAlg}`,
  ],
  ['request client_id must equal', CLIENT_ID],
  ['request client_id mismatch', CLIENT_ID],
  [
    'request response_type must equal',
    ({ ctx: { oidc, query }, claims }) =>
      `response_type is ${quoted(claims.response_type)} in the request object and ${quoted(query.response_type ?? oidc.body?.response_type)} outside; it must be the same`,
  ],
];

/** @returns undefined when the message says everything */
export function requestObjectDetail(
  ctx: KoaContextWithOIDC,
  error: Error & { error_detail?: string | undefined; error_description?: string | undefined },
): string | undefined {
  const failed = error.error_detail ?? error.error_description ?? '';
  if (failed.startsWith('missing required parameter') && isInObject(ctx))
    return `${failed} in the request object; parameters beside it do not count (RFC 9101 §6.3)`;
  if (!(error instanceof errors.InvalidRequestObject)) return undefined;
  const object = ctx.oidc.params?.request;
  const [, describe] = DETAILS.find(([beginning]) => failed.startsWith(beginning)) ?? [];
  if (describe === undefined || typeof object !== 'string') return undefined;
  const now = Math.floor(Date.now() / 1000);
  return describe({ ctx, header: decodeProtectedHeader(object), claims: decodeJwt(object), now });
}

/** The engine has replaced the parameters by those of an object. */
function isInObject({ oidc, query }: KoaContextWithOIDC): boolean {
  const { request } = (oidc.body ?? query) as { request?: unknown };
  return request !== undefined && oidc.params !== undefined && oidc.params.request === undefined;
}
