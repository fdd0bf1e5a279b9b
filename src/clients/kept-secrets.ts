import type { ClientRecord, ClientSecret } from '../store/store.ts';
import { ClientError } from './errors.ts';
import { needsSecret } from './metadata.ts';
import type { ClientMetadata } from './fields/shape.ts';
import { hasKey, usesSecretAsKey, withoutKeys } from './secret-key.ts';
import { hasExpired } from './secrets.ts';

/** Which secrets a client keeps when it gets another one, or other metadata. */

/**
 * The secrets kept beside a new one: the newest valid one for the overlap, and always the last one of a declared client, which later
 * starts compare with the configuration file.
 */
export function keptBesideNew(
  { secrets, source }: ClientRecord,
  now: number,
  overlap: number,
): ClientSecret[] {
  const newest = secrets.find((secret) => !hasExpired(secret, now));
  const declared = source === 'declared' ? secrets.at(-1) : undefined;
  return secrets
    .filter((secret) => secret === newest || secret === declared)
    .map((secret) => endingBy(secret, secret === newest ? now + overlap : now))
    .filter(
      (secret, index, kept) =>
        !hasExpired(secret, now) || (declared !== undefined && index === kept.length - 1),
    );
}

/**
 * The secrets of a client with other metadata.
 * @throws ClientError when the secret becomes a key, and only its digest is stored
 */
export function keptFor(
  metadata: ClientMetadata,
  { id, secrets, ...record }: ClientRecord,
  now: number,
): ClientSecret[] {
  if (!needsSecret(metadata)) return [];
  if (!usesSecretAsKey(metadata)) return usesSecretAsKey(record.metadata) ? withoutKeys(secrets) : secrets;
  if (hasKey(secrets, now)) return secrets;
  throw new ClientError([
    `HS256 and client_secret_jwt need a secret that can be read, and only a digest of the secret is stored; run \`signet client rotate-secret ${id} --sealed\` first, and put the new secret into the application`,
  ]);
}

function endingBy(secret: ClientSecret, time: number): ClientSecret {
  return { ...secret, expiresAt: Math.min(secret.expiresAt ?? time, time) };
}
