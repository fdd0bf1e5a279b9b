import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Audit } from '../audit/audit.ts';
import { ConfigurationError } from '../config/errors.ts';
import type { DeclaredClient } from '../config/schema.ts';
import { ConflictError } from '../store/errors.ts';
import type { ClientRecord, ClientSecret, ClientStore } from '../store/store.ts';
import { type MetadataContext, needsSecret } from './metadata.ts';
import { checkRegistration, type Registration } from './registration.ts';
import { digestSecret, hasExpired, matches } from './secrets.ts';

/**
 * Clients declared in the configuration file, brought into the store at every start. The file decides about metadata and secret; a
 * secret rotated on the command line lives until the file's changes. Clients that were added are not touched.
 */

/** Ids, by what happened to them. */
export interface Reconciliation {
  added: string[];
  changed: string[];
  removed: string[];
  unchanged: string[];
}

const PAGE = 500;

/**
 * Checks the declared clients alone, without a store.
 * @returns every problem of every client, a sentence each
 */
export function checkDeclaredClients(
  declared: readonly DeclaredClient[],
  context: MetadataContext,
): { registrations: Registration[]; problems: string[] } {
  const checked = declared.map((client) => {
    const { registration, problems } = checkRegistration(client, context);
    if (needsSecret(registration.metadata) && client.client_secret === undefined) {
      problems.push(
        'client_secret: missing; write one, or let `signet client add` make one instead of declaring the client',
      );
    }
    return { registration, problems: problems.map((problem) => `clients.${client.client_id}.${problem}`) };
  });
  return {
    registrations: checked.map(({ registration }) => registration),
    problems: checked.flatMap(({ problems }) => problems),
  };
}

/**
 * Makes the store match the file. Writes nothing for a client that is as declared.
 * @throws ConfigurationError listing every problem of every client, before anything is written
 */
export async function reconcileClients(
  declared: readonly DeclaredClient[],
  options: { store: ClientStore; audit: Pick<Audit, 'record'>; now: number; context: MetadataContext },
): Promise<Reconciliation> {
  const { store, audit, now, context } = options;
  const { registrations, problems } = checkDeclaredClients(declared, context);
  const stored = await declaredRecords(store);
  for (const { id } of registrations) {
    const found = stored.has(id) ? undefined : await store.find(id);
    // Another process, which starts from the same file, was a moment ahead.
    if (found?.source === 'declared') stored.set(id, found);
    else if (found !== undefined) {
      problems.push(addedAlready(id));
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems);

  const result: Reconciliation = { added: [], changed: [], removed: [], unchanged: [] };
  for (const registration of registrations) {
    const { id } = registration;
    const previous = stored.get(id);
    const record = declaredRecord(registration, previous, now);
    stored.delete(id);
    if (record === previous) result.unchanged.push(id);
    else if (previous !== undefined) {
      // From what is there at that moment: a secret may be given on the command line while a server starts.
      const changed = await store.update(id, (current) =>
        current.source === 'declared' ? declaredRecord(registration, current, now) : undefined,
      );
      // Removed or replaced on the command line at this moment; the next start says so.
      if (changed === undefined) continue;
      result.changed.push(id);
      audit.record({ type: 'client.changed', clientId: id });
    } else if (await create(store, record)) {
      result.added.push(id);
      audit.record({ type: 'client.added', clientId: id });
    } else result.unchanged.push(id);
  }
  for (const id of stored.keys()) {
    if (await store.remove(id)) audit.record({ type: 'client.removed', clientId: id });
    result.removed.push(id);
  }
  return result;
}

/** For an id that the store has for a client of the command line. */
export function addedAlready(id: string): string {
  return `clients.${id}: was added on the command line; run \`signet client remove ${id}\` or rename this one`;
}

async function declaredRecords(store: ClientStore): Promise<Map<string, ClientRecord>> {
  const records = new Map<string, ClientRecord>();
  let after: string | undefined;
  do {
    const page = await store.list({ source: 'declared', limit: PAGE, after });
    for (const record of page) records.set(record.id, record);
    after = page.length === PAGE ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
  return records;
}

/** The record that the file asks for; the previous one itself when that is it. */
function declaredRecord(
  { id, metadata, secret }: Registration,
  previous: ClientRecord | undefined,
  now: number,
): ClientRecord {
  const secrets = declaredSecrets(previous?.secrets ?? [], secret, now);
  if (
    previous !== undefined &&
    previous.secrets === secrets &&
    isDeepStrictEqual(previous.metadata, metadata)
  ) {
    return previous;
  }
  return {
    id,
    instance: previous?.instance ?? randomUUID(),
    metadata,
    secrets,
    source: 'declared',
    createdAt: previous?.createdAt ?? now,
    updatedAt: now,
  };
}

/**
 * The last secret of a declared client is always the file's, be it expired: that is how a later start knows whether the file's
 * secret changed since another was made on the command line.
 */
function declaredSecrets(previous: ClientSecret[], secret: string | undefined, now: number): ClientSecret[] {
  const last = previous.at(-1);
  if (secret === undefined) return last === undefined ? previous : [];
  if (last !== undefined && matches(last, secret)) return previous;
  const valid = previous.filter((candidate) => !hasExpired(candidate, now));
  const rotated = valid.find((candidate) => matches(candidate, secret));
  // The secret made on the command line was written into the file: those it replaces keep their time.
  if (rotated !== undefined) return [...valid, { ...rotated, expiresAt: now }];
  return [{ digest: digestSecret(secret), createdAt: now }];
}

/** @returns false when another process that starts from the same file was faster */
async function create(store: ClientStore, record: ClientRecord): Promise<boolean> {
  try {
    await store.create(record);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
