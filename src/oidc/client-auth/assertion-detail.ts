import { decodeJwt, decodeProtectedHeader, type JWK, type JWTPayload } from 'jose';
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { ASSERTION_ALGORITHMS, SECRET_ASSERTION_ALGORITHMS } from '../../clients/authentication-methods.ts';
import { hasExpired } from '../../clients/secrets.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { CLIENT_CLOCK_TOLERANCE } from '../engine/lifetimes.ts';
import { quoted } from '../engine/quoted.ts';
import { fetchedKeys } from './client-keys.ts';
import { isLegacyAudience, MAX_ASSERTION_LIFETIME } from './assertions.ts';

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

const AUDIENCE = ({ ctx, claims: { aud } }: Assertion) => {
  const { client, issuer } = ctx.oidc;
  if (clientSettings(client as Client).legacyAssertionAudience) {
    const accepted = [...ctx.oidc.clientJwtAuthExpectedAudience()].map(quoted);
    return `aud is ${quoted(aud)}; it must be the issuer, the token endpoint or the endpoint that is called, and nothing else: ${accepted.join(', ')}`;
  }
  const only = `aud is ${quoted(aud)}; it must be the issuer, ${quoted(issuer)}, and nothing else`;
  return isLegacyAudience(aud, ctx)
    ? `${only}; if the client cannot be changed, register it with \`assertion_audience: legacy\``
    : only;
};

const MOST_AHEAD = `which is more than the ${CLIENT_CLOCK_TOLERANCE} that are allowed`;

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
  ['audience (aud) is not what the client may name', AUDIENCE],
  [
    'no applicable key found in the JSON Web Key Set',
    ({ ctx, header, now }) => `no key of the client fits ${signer(header)}; registered: ${keys(ctx, now)}`,
  ],
  [
    'signature verification failed',
    ({ ctx, header, now }) =>
      `the signature by ${signer(header)} fits no registered key; registered: ${keys(ctx, now)}`,
  ],
  ['jwt expired', ({ claims, now }) => `exp was ${seconds(now - Number(claims.exp))} ago`],
  [
    'jwt not active yet',
    ({ claims, now }) => `nbf is ${seconds(Number(claims.nbf) - now)} away, ${MOST_AHEAD}`,
  ],
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
      return age < 0
        ? `iat is ${seconds(-age)} ahead, ${MOST_AHEAD}`
        : `iat is ${seconds(age)} ago, which is more than the ${MAX_ASSERTION_LIFETIME} that are allowed`;
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
  const method = client?.clientAuthMethod;
  const accepted = method === 'client_secret_jwt' ? SECRET_ASSERTION_ALGORITHMS : ASSERTION_ALGORITHMS;
  return clientAuthSigningAlg ?? (accepted.length === 1 ? accepted[0] : `one of ${accepted.join(', ')}`);
}

export function signer({ alg, kid }: Record<string, unknown>): string {
  return kid === undefined ? `alg ${quoted(alg)}` : `alg ${quoted(alg)} and kid ${quoted(kid)}`;
}

function keys(ctx: KoaContextWithOIDC, now: number): string {
  const { client } = ctx.oidc;
  if (client?.clientAuthMethod === 'client_secret_jwt') {
    const { secrets } = clientSettings(client);
    const valid = secrets.filter((secret) => secret.sealed !== undefined && !hasExpired(secret, now));
    return `${valid.length} of ${secrets.length} secrets are keys that are valid`;
  }
  return registeredKeys(ctx);
}

/** The public keys of the client, without what makes them keys. */
export function registeredKeys({ oidc: { client } }: KoaContextWithOIDC): string {
  const fetched = client?.jwksUri === undefined ? undefined : fetchedKeys(client);
  const registered = (fetched ?? (client?.jwks as { keys?: JWK[] } | undefined))?.keys ?? [];
  const named = registered.map(({ kid, kty, use }) => {
    const name = kid === undefined ? 'without kid' : `with kid ${quoted(kid)}`;
    return `${String(kty)} ${name}${use === 'enc' ? ' for encryption' : ''}`;
  });
  return [named.join(', ') || 'none', ...(fetched?.leftOut ?? [])].join('; ');
}

export function seconds(count: number): string {
  return count === 1 ? '1 second' : `${count} seconds`;
}
