import type { ClientRecord, ClientSecret } from '../store/store.ts';
import { SealingError } from '../signing/sealing/errors.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import { HMAC } from './response-algorithms.ts';
import { digestSecret, hasExpired, matches } from './secrets.ts';

/**
 * Secrets of clients as keys for HMAC. Of such a client, and of no other, a secret is stored sealed beside its digest: no other text is ever a
 * key. A client without a sealed secret has none.
 */

/** RFC 7518 §3.2: a key for HS256 has at least the 256 bits of the hash. Secrets are ASCII, so that these are characters. */
export const MIN_KEY_BYTES = 32;

/** Members for which HS256 makes the secret a key. */
const HMAC_MEMBERS = [
  'id_token_signed_response_alg',
  'userinfo_signed_response_alg',
  'introspection_signed_response_alg',
  'request_object_signing_alg',
] as const;

export type SecretSealer = Pick<Sealer, 'seal' | 'open' | 'isOutdated'>;

/** The client that a sealed secret belongs to. */
type Owner = Pick<ClientRecord, 'id' | 'instance'>;

/** The members for which a client is registered for HMAC, without the authentication method. */
export function hmacMembers(metadata: Readonly<Record<string, unknown>>): string[] {
  return HMAC_MEMBERS.filter((name) => metadata[name] === HMAC);
}

/** Whether the secret of a client with this metadata is a key. */
export function usesSecretAsKey(metadata: Readonly<Record<string, unknown>>): boolean {
  const { token_endpoint_auth_method: method } = metadata;
  if (method === 'client_secret_jwt') return true;
  return (
    typeof method === 'string' && method.startsWith('client_secret_') && hmacMembers(metadata).length > 0
  );
}

/**
 * A secret as it is stored.
 * @param key given to seal it too
 * @throws SealingError
 */
export function storedSecret(
  secret: string,
  createdAt: number,
  key?: { owner: Owner; sealer: SecretSealer },
): ClientSecret {
  const stored = { digest: digestSecret(secret), createdAt };
  return key ? { ...stored, sealed: seal(Buffer.from(secret), key.owner, key.sealer) } : stored;
}

/**
 * The key of a sealed secret.
 * @throws SealingError when it cannot be opened, or is not the secret of its digest
 */
export function openSecret(secret: ClientSecret, owner: Owner, sealer: SecretSealer): Buffer {
  const opened = sealer.open('client secret', idOf(owner), secret.sealed ?? '');
  if (opened.length < MIN_KEY_BYTES || !matches(secret, opened.toString())) {
    throw new SealingError(`the sealed secret of the client ${owner.id} is not the one of its digest`);
  }
  return opened;
}

/** Whether a client has a key now. */
export function hasKey(secrets: readonly ClientSecret[], now: number): boolean {
  return secrets.some((secret) => secret.sealed !== undefined && !hasExpired(secret, now));
}

/** Without the sealed copies, for a client whose secret is a key no more. The same list when it has none. */
export function withoutKeys(secrets: ClientSecret[]): ClientSecret[] {
  return secrets.every(({ sealed }) => sealed === undefined)
    ? secrets
    : secrets.map(({ sealed: _sealed, ...secret }) => secret);
}

/** With a sealed copy of each secret that is `text`, which can be opened and names the current sealing key. The same list when it has them. */
export function withKeyOf(
  secrets: ClientSecret[],
  text: string | undefined,
  owner: Owner,
  sealer: SecretSealer,
): ClientSecret[] {
  if (text === undefined) return secrets;
  const isMissing = (secret: ClientSecret): boolean =>
    matches(secret, text) && !isReadable(secret, owner, sealer);
  return secrets.some(isMissing)
    ? secrets.map((secret) =>
        isMissing(secret) ? { ...secret, sealed: seal(Buffer.from(text), owner, sealer) } : secret,
      )
    : secrets;
}

/** Sealed again with the current sealing key. The same list when nothing is outdated. @throws SealingError */
export function resealed(secrets: ClientSecret[], owner: Owner, sealer: SecretSealer): ClientSecret[] {
  const isOutdated = ({ sealed }: ClientSecret): boolean => sealed !== undefined && sealer.isOutdated(sealed);
  return secrets.some(isOutdated)
    ? secrets.map((secret) =>
        isOutdated(secret)
          ? { ...secret, sealed: seal(openSecret(secret, owner, sealer), owner, sealer) }
          : secret,
      )
    : secrets;
}

function isReadable(secret: ClientSecret, owner: Owner, sealer: SecretSealer): boolean {
  if (secret.sealed === undefined) return false;
  try {
    openSecret(secret, owner, sealer);
    return !sealer.isOutdated(secret.sealed);
  } catch (error) {
    if (error instanceof SealingError) return false;
    throw error;
  }
}

function seal(key: Uint8Array, owner: Owner, sealer: SecretSealer): string {
  return sealer.seal('client secret', idOf(owner), key);
}

/** Names the instance, so that a later client with the same id opens nothing of an earlier one. */
function idOf({ id, instance }: Owner): string {
  return `${instance} ${id}`;
}
