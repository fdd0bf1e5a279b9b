import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ActorAudit } from '../audit/audit.ts';
import { ConfigurationError } from '../config/errors.ts';
import type { DeclaredClient } from '../config/schema-apis.ts';
import { SIGNING_ALGORITHMS } from '../config/signing-algorithms.ts';
import { ConflictError } from '../store/errors.ts';
import type { ClientRecord, ClientSecret, ClientStore } from '../store/store.ts';
import { clashingAudiences, plainTypeAudiences } from './audience-clash.ts';
import { missingAlgorithms } from './id-token-algorithm.ts';
import { type MetadataContext, needsSecret } from './metadata.ts';
import { checkRegistration, type Registration } from './registration.ts';
import { digestSecret, hasExpired, matches } from './secrets.ts';

/**
 * Clients declared in the configuration file, written to the store at every start. The file determines metadata and secret; a secret
 * rotated on the command line stays valid until the secret in the file changes. Clients added on the command line are not
 * touched.
 */

/** Client ids by outcome. */
export interface Reconciliation {
  added: string[];
  changed: string[];
  removed: string[];
  unchanged: string[];
}

const PAGE_SIZE = 500;
/** Added clients that a start reads. */
const MAX_ADDED = 10_000;

/**
 * Validates the declared clients without a store.
 * @returns `problems`: one sentence per problem, of all clients
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
 * Updates the store to match the file. Does not write clients that match already.
 * @throws ConfigurationError with the problems of all clients, also of those that were added, before any write
 */
export async function reconcileClients(
  declared: readonly DeclaredClient[],
  options: { store: ClientStore; audit: ActorAudit; now: number; context: MetadataContext },
): Promise<Reconciliation> {
  const { store, audit, now, context } = options;
  const { registrations, problems } = checkDeclaredClients(declared, context);
  const stored = await declaredRecords(store);
  problems.push(...(await addedProblems(store, context)));
  for (const { id } of registrations) {
    const found = stored.has(id) ? undefined : await store.find(id);
    // Another process that starts from the same file has just added it.
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
      // Computed inside the update: the command line may rotate the secret at the same time.
      const changed = await store.update(id, (current) =>
        current.source === 'declared' ? declaredRecord(registration, current, now) : undefined,
      );
      // Removed or replaced on the command line at the same time; the next start reports it.
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

/** The problem with a declared id that belongs to a client added on the command line. */
export function addedAlready(id: string): string {
  return `clients.${id}: was added on the command line; run \`signet client remove ${id}\` or rename this one`;
}

/**
 * Added clients that the configuration no longer supports. Not all are read when it supports every algorithm. There may be very many: the
 * requests of those beyond the limit are refused one by one.
 */
async function addedProblems(
  store: ClientStore,
  { signingAlgorithms, apis }: MetadataContext,
): Promise<string[]> {
  const named = await Promise.all(plainTypeAudiences(apis).map((audience) => store.find(audience)));
  const added = named.flatMap((record) => (record?.source === 'added' ? [record] : []));
  const clashes = clashingAudiences(added, apis);
  if (SIGNING_ALGORITHMS.every((alg) => signingAlgorithms.includes(alg))) return clashes;
  return [...clashes, ...missingAlgorithms(await recordsOf('added', store, MAX_ADDED), signingAlgorithms)];
}

async function declaredRecords(store: ClientStore): Promise<Map<string, ClientRecord>> {
  return new Map((await recordsOf('declared', store)).map((record) => [record.id, record]));
}

async function recordsOf(
  source: ClientRecord['source'],
  store: ClientStore,
  limit = Number.POSITIVE_INFINITY,
): Promise<ClientRecord[]> {
  const records: ClientRecord[] = [];
  let after: string | undefined;
  do {
    const page = await store.list({ source, limit: PAGE_SIZE, after });
    records.push(...page);
    after = page.length === PAGE_SIZE ? page.at(-1)?.id : undefined;
  } while (after !== undefined && records.length < limit);
  return records;
}

/** The record for a declared client; `previous` itself when nothing changed. */
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
 * The last secret of a declared client is always the one in the file, even if expired. A later start compares it to detect that the
 * secret in the file has changed since a rotation on the command line.
 */
function declaredSecrets(previous: ClientSecret[], secret: string | undefined, now: number): ClientSecret[] {
  const last = previous.at(-1);
  if (secret === undefined) return last === undefined ? previous : [];
  if (last !== undefined && matches(last, secret)) return previous;
  const valid = previous.filter((candidate) => !hasExpired(candidate, now));
  const rotated = valid.find((candidate) => matches(candidate, secret));
  // The rotated secret is now in the file: the secrets that it replaced keep their expiry.
  if (rotated !== undefined) return [...valid, { ...rotated, expiresAt: now }];
  return [{ digest: digestSecret(secret), createdAt: now }];
}

/** @returns false when another process that starts from the same file has created it first */
async function create(store: ClientStore, record: ClientRecord): Promise<boolean> {
  try {
    await store.create(record);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
