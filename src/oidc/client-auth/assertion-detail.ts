import { decodeJwt, decodeProtectedHeader, type JWK, type JWTPayload } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { ASSERTION_ALGORITHMS } from '../../clients/authentication-methods.ts';
import { MAX_ASSERTION_LIFETIME } from './assertions.ts';
import { quoted } from '../engine/quoted.ts';

/**
 * The detail of a rejected client assertion (RFC 7523): its values, and the expected ones. The engine and `assertions.ts` report which
 * check failed; nothing is decided here.
 */

interface Assertion {
  ctx: KoaContextWithOIDC;
  header: Record<string, unknown>;
  claims: JWTPayload;
  /** Epoch seconds. */
  now: number;
}

const AUDIENCE = ({ ctx, claims }: Assertion) =>
  `aud is ${quoted(claims.aud)}; it must be the issuer, ${quoted(ctx.oidc.issuer)}, and nothing else`;

/** Message of the failed check → detail. */
const DETAILS: ReadonlyMap<string, (assertion: Assertion) => string> = new Map([
  ['alg mismatch', ({ ctx, header }) => `alg is ${quoted(header.alg)}; it must be ${algorithms(ctx)}`],
  [
    'iss (JWT issuer) must be the client_id',
    ({ claims }) =>
      `iss is ${quoted(claims.iss)}; it must be the client_id, as sub is: ${quoted(claims.sub)}`,
  ],
  ['list of audience (aud) must include the endpoint url, issuer identifier or token endpoint url', AUDIENCE],
  ['audience (aud) must equal the endpoint url, issuer identifier or token endpoint url', AUDIENCE],
  ['audience (aud) must be the issuer and nothing else', AUDIENCE],
  [
    'no applicable key found in the JSON Web Key Set',
    ({ ctx, header }) => `no key of the client fits ${signer(header)}; registered: ${keys(ctx)}`,
  ],
  [
    'signature verification failed',
    ({ ctx, header }) =>
      `the signature by ${signer(header)} fits no registered key; registered: ${keys(ctx)}`,
  ],
  ['jwt expired', ({ claims, now }) => `exp was ${seconds(now - Number(claims.exp))} ago`],
  ['jwt not active yet', ({ claims, now }) => `nbf is ${seconds(Number(claims.nbf) - now)} away`],
  [
    'expiration (exp) is too far away',
    ({ claims, now }) => {
      const lifetime = Number(claims.exp) - now;
      if (!Number.isSafeInteger(claims.exp)) return `exp is ${quoted(claims.exp)}; it must be a whole second`;
      const over = seconds(lifetime - MAX_ASSERTION_LIFETIME);
      return `exp is ${seconds(lifetime)} away, ${over} more than the ${MAX_ASSERTION_LIFETIME} that are allowed`;
    },
  ],
  [
    'issued (iat) is too far from now',
    ({ claims, now }) => {
      const age = now - Number(claims.iat);
      const where = age < 0 ? `${seconds(-age)} ahead` : `${seconds(age)} ago`;
      return `iat is ${where}; it must be within ${MAX_ASSERTION_LIFETIME} seconds of now`;
    },
  ],
  [
    'client assertion tokens must only be used once',
    () => 'an assertion with this jti was used before; each needs a jti of its own',
  ],
]);

/** @returns undefined when the message says everything */
export function assertionDetail(ctx: KoaContextWithOIDC, failed: string): string | undefined {
  const assertion = ctx.oidc.params?.client_assertion;
  const describe = DETAILS.get(failed);
  if (describe === undefined || typeof assertion !== 'string') return undefined;
  const now = Math.floor(Date.now() / 1000);
  return describe({ ctx, header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion), now });
}

function algorithms({ oidc: { client } }: KoaContextWithOIDC): string {
  const { clientAuthSigningAlg } = client as unknown as { clientAuthSigningAlg?: string };
  return clientAuthSigningAlg ?? `one of ${ASSERTION_ALGORITHMS.join(', ')}`;
}

function signer({ alg, kid }: Record<string, unknown>): string {
  return kid === undefined ? `alg ${quoted(alg)}` : `alg ${quoted(alg)} and kid ${quoted(kid)}`;
}

function keys({ oidc: { client } }: KoaContextWithOIDC): string {
  const registered = (client?.jwks as { keys?: JWK[] } | undefined)?.keys ?? [];
  return registered
    .map(({ kid, kty }) => (kid === undefined ? `${kty} without kid` : `${kty} with kid ${quoted(kid)}`))
    .join(', ');
}

function seconds(count: number): string {
  return count === 1 ? '1 second' : `${count} seconds`;
}
