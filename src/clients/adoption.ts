import type { ClientRecord } from '../store/store.ts';
import { needsSecret } from './metadata.ts';
import type { Registration } from './registration.ts';
import { usesSecretAsKey } from './secret-key.ts';

/**
 * How a client moves between the command line and the configuration file. Instance, secrets, consents and tokens stay.
 *
 *                   accept            adopt: true                  release: true, or `client release`
 *    registered ──────────────▶ added ───────────────▶ declared ─────────────────────────────────────▶ added
 */

export interface DeclaredRegistration extends Registration {
  /** Takes over a client that was added on the command line. Without a secret in the file, those in the store are used. */
  adopt: boolean;
}

/** A declared client as one that was added on the command line. */
export function releasedRecord(record: ClientRecord, now: number): ClientRecord {
  return { ...record, source: 'added', updatedAt: now };
}

/** A client that registered itself as one that was added on the command line. Its registration access token ends. */
export function acceptedRecord({ registration: _ended, ...record }: ClientRecord, now: number): ClientRecord {
  return { ...record, source: 'added', updatedAt: now };
}

/** Why an entry cannot be reconciled with what is stored under its id. */
export function adoptionProblems(
  registration: DeclaredRegistration,
  found: Pick<ClientRecord, 'source' | 'secrets'> | undefined,
): string[] {
  const { id, adopt } = registration;
  if (found?.source === 'registered') return [registeredAlready(id)];
  if (found?.source === 'added' && !adopt) return [addedAlready(id)];
  if (!adopt || hasUsableSecret(registration, found)) return [];
  return [found?.secrets.length ? digestAlone(id) : nothingToAdopt(id)];
}

/** Whether an adopted client has a secret, in the file or in the store, if it authenticates with one; one that can be read, if it is a key. */
export function hasUsableSecret(
  { metadata, secret }: DeclaredRegistration,
  stored: Pick<ClientRecord, 'secrets'> | undefined,
): boolean {
  if (!needsSecret(metadata) || secret !== undefined) return true;
  const secrets = stored?.secrets ?? [];
  return usesSecretAsKey(metadata) ? secrets.some(({ sealed }) => sealed !== undefined) : secrets.length > 0;
}

function nothingToAdopt(id: string): string {
  return `clients.${id}.client_secret: missing, and the store has no client ${id} with a secret to adopt; write one, or run \`signet client add\` first`;
}

function digestAlone(id: string): string {
  return `clients.${id}.client_secret: missing, and HS256 and client_secret_jwt need one that can be read, of which the store has only a digest; write it, or run \`signet client rotate-secret ${id} --sealed\` first`;
}

/** The problem with a declared id that belongs to a client that registered itself. */
function registeredAlready(id: string): string {
  return `clients.${id}: registered itself; run \`signet client accept ${id}\` first, or rename this one`;
}

/** The problem with a declared id that belongs to a client added on the command line. */
function addedAlready(id: string): string {
  return `clients.${id}: was added on the command line; write \`adopt: true\` in its entry to declare it with its secrets and consents, run \`signet client remove ${id}\`, or rename this one`;
}
