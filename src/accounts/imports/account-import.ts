import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import type { ActorAudit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { isReservedName } from '../../config/reserved-names.ts';
import { ConflictError } from '../../store/errors.ts';
import { type AccountRecord, emailKey, type Store } from '../../store/store.ts';
import { parseClaims } from '../claims.ts';
import type { FirebaseParameters } from '../credentials/foreign-formats.ts';
import { AccountError } from '../errors.ts';
import { recordImportedHashes } from '../imported-hashes.ts';
import { createReservedNames } from '../reserved-names.ts';
import { requireOwnAddress } from '../sign-in-name.ts';
import { normalizeUsername } from '../username.ts';
import { describeAccount } from './entry-formats.ts';
import type { FileEntry } from './file-entries.ts';

/**
 * The import of accounts from a file: everything is validated, against the file itself and the store, before the first account is written. An
 * import that was interrupted is repeated: accounts that are there, with the content of the file, are recognised.
 */
export interface AccountImport {
  /** Accounts to add. */
  records: AccountRecord[];
  /** Accounts of the file that the store has, with the same content. */
  present: number;
  /** Accounts of the file whose username the store has, with another content; only with `skipExisting`. */
  skipped: number;
  refused: RefusedEntry[];
}

export interface RefusedEntry {
  where: string;
  username?: string | undefined;
  reasons: readonly string[];
}

export interface ImportOptions {
  store: Pick<Store, 'accounts' | 'artifacts'>;
  clock: Clock;
  firebase?: FirebaseParameters | undefined;
  /** An email address belongs to one account only. */
  uniqueEmail: boolean;
  /** Keeps the ids (`sub`) of Keycloak, Auth0 and Firebase. Those of an export of Signet are always kept. */
  keepIds: boolean;
  /** Leaves accounts of the store as they are, instead of refusing those of the file. */
  skipExisting: boolean;
  /** Called after each account. */
  onProgress?: (() => void) | undefined;
}

/** Of the store at once. */
const CONCURRENCY = 64;
const ID = /^[\w.|:-]{1,128}$/;

/** Reads the store, and writes nothing. */
export async function planImport(
  entries: readonly FileEntry[],
  options: ImportOptions,
): Promise<AccountImport> {
  const plan: AccountImport = { records: [], present: 0, skipped: 0, refused: [] };
  const firstUse = new Map<string, string>();
  const limit = pLimit(CONCURRENCY);
  const drafts = entries.flatMap((entry) => {
    try {
      const record = draftOf(entry, options);
      for (const key of uniqueKeys(record, options)) requireUnused(firstUse, key, entry.where);
      return [{ record, where: entry.where }];
    } catch (error) {
      const { username } = entry.value;
      const named = typeof username === 'string' ? { username } : {};
      plan.refused.push({ where: entry.where, ...named, reasons: reasonsOf(error) });
      return [];
    }
  });
  const states = await Promise.all(
    drafts.map(({ record }) =>
      limit(async () => {
        const state = await stateOf(record, options);
        options.onProgress?.();
        return state;
      }),
    ),
  );
  for (const [index, { record, where }] of drafts.entries()) {
    const state = states[index];
    if (state === 'absent') plan.records.push(record);
    else if (state === 'present') plan.present += 1;
    else if (state === 'different' && options.skipExisting) plan.skipped += 1;
    else plan.refused.push({ where, username: record.username, reasons: reasonsFor(state) });
  }
  return plan;
}

/**
 * Writes the accounts of a plan.
 * @returns how many were added; fewer than planned only for names that were taken since
 */
export async function writeImport(
  records: readonly AccountRecord[],
  options: {
    store: Pick<Store, 'accounts' | 'artifacts'>;
    audit: ActorAudit;
    clock: Clock;
    /** Of this server: hashes with these costs take the usual time. */
    passwords: Config['passwords'];
    onProgress?: (() => void) | undefined;
  },
): Promise<{ added: number; taken: string[] }> {
  const { store, audit, clock, passwords, onProgress } = options;
  await recordImportedHashes(store.artifacts, foreignHashes(records, passwords), clock);
  const limit = pLimit(CONCURRENCY);
  const taken: string[] = [];
  await Promise.all(
    records.map((record) =>
      limit(async () => {
        try {
          await store.accounts.create(record);
          const { id: accountId, username } = record;
          audit.record({ type: 'account.added', accountId, detail: { username, imported: true } });
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error;
          taken.push(record.username);
        }
        onProgress?.();
      }),
    ),
  );
  return { added: records.length - taken.length, taken };
}

function foreignHashes(
  records: readonly AccountRecord[],
  { memory, iterations, parallelism }: Config['passwords'],
): string[] {
  const own = `$argon2id$v=19$m=${memory},t=${iterations},p=${parallelism}$`;
  return records.flatMap(({ passwordHash }) =>
    passwordHash === undefined || passwordHash.startsWith(own) ? [] : passwordHash,
  );
}

/** @throws AccountError */
function draftOf({ value }: FileEntry, { clock, firebase, keepIds }: ImportOptions): AccountRecord {
  const { id, username, claims, disabled, passwordHash, createdAt } = describeAccount(value, firebase);
  const isOwn = 'username' in value && 'id' in value && 'claims' in value;
  const keptId = isOwn || keepIds ? id : undefined;
  if (keptId !== undefined && (!ID.test(keptId) || isReservedName(keptId)))
    throw new AccountError(['id: must have 1 to 128 letters, digits and - . _ | :']);
  const now = nowInSeconds(clock);
  const record: AccountRecord = {
    id: keptId ?? randomUUID(),
    username: normalizeUsername(username),
    claims: parseClaims(claims),
    passwordHash,
    disabled,
    generation: 0,
    createdAt: Math.max(0, Math.min(createdAt ?? now, now)),
    updatedAt: now,
  };
  requireOwnAddress(record);
  return record;
}

/** A file may have objects where text is expected, or nest them so deep that no function reads them. */
function reasonsOf(error: unknown): readonly string[] {
  if (error instanceof AccountError) return error.problems;
  if (error instanceof RangeError || error instanceof TypeError)
    return ['it has values that no account can have'];
  throw error;
}

function uniqueKeys({ id, username, claims }: AccountRecord, { uniqueEmail }: ImportOptions): string[] {
  const email = uniqueEmail ? emailKey(claims.email) : undefined;
  return [
    `the username ${username}`,
    `the id ${id}`,
    ...(email === undefined ? [] : [`the email address ${email}`]),
  ];
}

function requireUnused(firstUse: Map<string, string>, key: string, where: string): void {
  const first = firstUse.get(key);
  if (first !== undefined) throw new AccountError([`${key} is in ${first}, too`]);
  firstUse.set(key, where);
}

type State = 'absent' | 'present' | 'different' | 'id taken' | 'email taken' | AccountError;

async function stateOf(record: AccountRecord, { store, clock, uniqueEmail }: ImportOptions): Promise<State> {
  const { accounts, artifacts } = store;
  const named = await accounts.findByUsername(record.username);
  if (named !== undefined) return isSame(named, record) ? 'present' : 'different';
  if ((await accounts.find(record.id)) !== undefined) return 'id taken';
  const names = createReservedNames({ artifacts, clock });
  const reserved = (await names.conflict(record)) ?? (await names.idConflict(record));
  if (reserved !== undefined) return reserved;
  const address = uniqueEmail ? emailKey(record.claims.email) : undefined;
  if (address === undefined) return 'absent';
  return (await accounts.findByEmail(address, 1)).length > 0 ? 'email taken' : 'absent';
}

function isSame(one: AccountRecord, other: AccountRecord): boolean {
  const content = ({ claims, disabled, passwordHash }: AccountRecord) => ({ claims, disabled, passwordHash });
  return isDeepStrictEqual(content(one), content(other));
}

function reasonsFor(state: State | undefined): readonly string[] {
  if (state instanceof AccountError) return state.problems;
  if (state === 'id taken') return ['another account has its id'];
  if (state === 'email taken') return ['another account has its email address'];
  return ['there is an account with this username, and another content'];
}
