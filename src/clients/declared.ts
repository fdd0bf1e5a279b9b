import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ActorAudit } from '../audit/audit.ts';
import { ConfigurationError } from '../config/errors.ts';
import type { DeclaredClient } from '../config/schema-apis.ts';
import { SIGNING_ALGORITHMS } from '../config/signing-algorithms.ts';
import { ConflictError } from '../store/errors.ts';
import type { ClientRecord, ClientSecret, ClientStore } from '../store/store.ts';
import { adoptionProblems, type DeclaredRegistration, hasUsableSecret, releasedRecord } from './adoption.ts';
import { clashingAudiences, plainTypeAudiences } from './audience-clash.ts';
import { missingAlgorithms } from './response-algorithms.ts';
import type { MetadataContext } from './fields/shape.ts';
import { needsSecret } from './metadata.ts';
import { checkRegistration } from './registration.ts';
import { type SecretSealer, storedSecret, usesSecretAsKey, withKeyOf, withoutKeys } from './secret-key.ts';
import { hasExpired, matches } from './secrets.ts';

/**
 * Clients declared in the configuration file, written to the store at every start. The file determines metadata and secret; a secret
 * rotated on the command line stays valid until the secret in the file changes. Clients added on the command line are not
 * touched, unless an entry adopts them (`adoption.ts`).
 */

/** Client ids by outcome. */
export interface Reconciliation {
  added: string[];
  changed: string[];
  removed: string[];
  unchanged: string[];
  /** Added on the command line before, declared now. */
  adopted: string[];
  /** Declared before; clients like those that were added on the command line now. */
  released: string[];
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
): { registrations: DeclaredRegistration[]; problems: string[] } {
  const contradictory = declared.filter(({ adopt, release }) => adopt === true && release === true);
  const checked = declared
    .filter((client) => client.release !== true)
    .map((client) => {
      const { client_secret_file: file, client_secret_env: variable, adopt = false, ...members } = client;
      const { release: _false, ...registered } = members;
      const { registration, problems } = checkRegistration(registered, context);
      const hasSecret = [registered.client_secret, file, variable].some((value) => value !== undefined);
      if (needsSecret(registration.metadata) && !hasSecret && !adopt) {
        problems.push(
          'client_secret: missing; write one, or let `signet client add` make one instead of declaring the client',
        );
      }
      return {
        registration: { ...registration, adopt },
        problems: problems.map((problem) => `clients.${client.client_id}.${problem}`),
      };
    });
  return {
    registrations: checked.map(({ registration }) => registration),
    problems: [
      ...contradictory.map(
        ({ client_id: id }) => `clients.${id}.release: contradicts adopt; keep one of them`,
      ),
      ...checked.flatMap(({ problems }) => problems),
    ],
  };
}

/**
 * Updates the store to match the file. Does not write clients that match already.
 * @throws ConfigurationError with the problems of all clients, also of those that were added, before any write
 */
export async function reconcileClients(
  declared: readonly DeclaredClient[],
  options: {
    store: ClientStore;
    audit: ActorAudit;
    now: number;
    context: MetadataContext;
    sealer: SecretSealer;
  },
): Promise<Reconciliation> {
  const { store, audit, now, context } = options;
  const { registrations, problems } = checkDeclaredClients(declared, context);
  const stored = await declaredRecords(store);
  problems.push(...(await addedProblems(registrations, store, context)));
  for (const registration of registrations) {
    const { id } = registration;
    const found = stored.get(id) ?? (await store.find(id));
    // Another process that starts from the same file may have just added it.
    if (found !== undefined) stored.set(id, found);
    problems.push(...adoptionProblems(registration, found));
  }
  if (problems.length > 0) throw new ConfigurationError(problems);

  const result: Reconciliation = {
    added: [],
    changed: [],
    removed: [],
    unchanged: [],
    adopted: [],
    released: [],
  };
  for (const registration of registrations) {
    const { id } = registration;
    const outcome = await declare(registration, stored.get(id), options);
    stored.delete(id);
    if (outcome !== undefined) result[outcome].push(id);
  }
  for (const { client_id: id } of declared.filter(({ release }) => release === true)) {
    if (!stored.delete(id)) continue;
    if ((await release(id, store, now)) === undefined) continue;
    audit.record({ type: 'client.changed', clientId: id, detail: { source: 'added' } });
    result.released.push(id);
  }
  for (const id of stored.keys()) {
    if (await store.remove(id)) audit.record({ type: 'client.removed', clientId: id });
    result.removed.push(id);
  }
  return result;
}

/** @returns undefined when the client was removed or replaced on the command line at the same time; the next start reports it */
async function declare(
  registration: DeclaredRegistration,
  previous: ClientRecord | undefined,
  { store, audit, now, sealer }: Parameters<typeof reconcileClients>[1],
): Promise<keyof Reconciliation | undefined> {
  const { id, adopt } = registration;
  const record = declaredRecord(registration, previous, { now, sealer });
  if (record === previous) return 'unchanged';
  if (previous === undefined) {
    if (!(await create(store, record))) return 'unchanged';
    audit.record({ type: 'client.added', clientId: id });
    return 'added';
  }
  let adopted = false as boolean;
  // Computed inside the update: the command line may rotate the secret at the same time.
  const changed = await store.update(id, (current) => {
    adopted = current.source === 'added';
    const isOurs = current.source === 'declared' || (adopt && hasUsableSecret(registration, current));
    return isOurs ? declaredRecord(registration, current, { now, sealer }) : undefined;
  });
  if (changed === undefined) return undefined;
  audit.record({
    type: 'client.changed',
    clientId: id,
    ...(adopted && { detail: { source: 'declared' } }),
  });
  return adopted ? 'adopted' : 'changed';
}

/** Atomic: a client that was removed and added on the command line at the same time is left as it is. */
function release(id: string, store: ClientStore, now: number): Promise<ClientRecord | undefined> {
  return store.update(id, (current) =>
    current.source === 'declared' ? releasedRecord(current, now) : undefined,
  );
}

/**
 * Added clients that the configuration no longer supports, without those that it adopts. Not all are read when it supports every algorithm. There may be very many: the
 * requests of those beyond the limit are refused one by one.
 */
async function addedProblems(
  registrations: readonly DeclaredRegistration[],
  store: ClientStore,
  { signingAlgorithms, apis }: MetadataContext,
): Promise<string[]> {
  const adopted = new Set(registrations.filter(({ adopt }) => adopt).map(({ id }) => id));
  const remains = ({ id, source }: ClientRecord): boolean => source === 'added' && !adopted.has(id);
  const named = await Promise.all(plainTypeAudiences(apis).map((audience) => store.find(audience)));
  const clashes = clashingAudiences(named.filter((record) => record !== undefined).filter(remains), apis);
  if (SIGNING_ALGORITHMS.every((alg) => signingAlgorithms.includes(alg))) return clashes;
  const added = (await recordsOf('added', store, MAX_ADDED)).filter(remains);
  return [...clashes, ...missingAlgorithms(added, signingAlgorithms)];
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
  { id, metadata, secret, adopt }: DeclaredRegistration,
  previous: ClientRecord | undefined,
  { now, sealer }: { now: number; sealer: SecretSealer },
): ClientRecord {
  const stored = previous?.secrets ?? [];
  const instance = previous?.instance ?? randomUUID();
  const keepsStored = adopt && secret === undefined && needsSecret(metadata);
  const known = keepsStored ? stored : declaredSecrets(stored, secret, now);
  const secrets = usesSecretAsKey(metadata)
    ? withKeyOf(known, secret, { id, instance }, sealer)
    : // `client rotate-secret --sealed` prepares a change.
      usesSecretAsKey(previous?.metadata ?? {})
      ? withoutKeys(known)
      : known;
  if (
    previous?.source === 'declared' &&
    previous.secrets === secrets &&
    isDeepStrictEqual(previous.metadata, metadata)
  ) {
    return previous;
  }
  return {
    id,
    instance,
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
  return [storedSecret(secret, now)];
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
