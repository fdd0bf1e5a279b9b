import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { isReservedName } from '../../config/reserved-names.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import { type AccountRecord, emailKey, type Store } from '../../store/store.ts';
import { parseClaims } from '../claims.ts';
import type { FirebaseParameters } from '../credentials/foreign-formats.ts';
import { AccountError } from '../errors.ts';
import { createReservedNames } from '../reserved-names.ts';
import { requireOwnAddress } from '../sign-in-name.ts';
import { normalizeUsername } from '../username.ts';
import { describeAccount, isPerson } from './entry-formats.ts';
import type { FileEntry } from './file-entries.ts';
import type { ImportedTotp } from './foreign-factors.ts';

/**
 * The import of accounts from a file: everything is validated, against the file itself and the store, before the first account is written. An
 * import that was interrupted is repeated: accounts that are there, with the content of the file, are recognised.
 */
export interface AccountImport {
  /** Accounts to add. */
  records: AccountRecord[];
  /** Authenticator apps of these accounts, by id. They are not sealed yet, because sealing may make a key. */
  apps: Map<string, ImportedTotp>;
  /** Accounts of the file that have second factors beside these, which are not imported. */
  losing: number;
  /** Entries that are about no person, such as service accounts. */
  notPeople: number;
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
  sealer: Pick<Sealer, 'open'>;
  firebase?: FirebaseParameters | undefined;
  /** An email address belongs to one account only. */
  uniqueEmail: boolean;
  /** Keeps the ids (`sub`) of Keycloak, Auth0 and Firebase. Those of an export of Signet are always kept. */
  keepIds: boolean;
  /** Leaves accounts of the store as they are, instead of refusing those of the file. */
  skipExisting: boolean;
  /** Adds accounts without their second factors where none of these can be imported, instead of refusing them. */
  dropFactors: boolean;
  /** Called for each account that was checked by itself. */
  onChecked?: (() => void) | undefined;
  /** Called for each account that was compared with the store. */
  onCompared?: (() => void) | undefined;
}

/** Of the store at once. */
const CONCURRENCY = 64;
const ID = /^[\w.|:-]{1,128}$/;

/** Reads the store, and writes nothing. */
export async function planImport(
  entries: readonly FileEntry[],
  options: ImportOptions,
): Promise<AccountImport> {
  const people = entries.filter(({ value }) => isPerson(value));
  const { drafts, refused } = draftsOf(people, options);
  const limit = pLimit(CONCURRENCY);
  const states = await Promise.all(
    drafts.map((draft) =>
      limit(async () => {
        const state = await stateOf(draft, options);
        options.onCompared?.();
        return state;
      }),
    ),
  );
  const plan: AccountImport = {
    records: [],
    apps: new Map(),
    losing: 0,
    notPeople: entries.length - people.length,
    present: 0,
    skipped: 0,
    refused,
  };
  for (const [index, draft] of drafts.entries()) sort(plan, draft, states[index], options);
  return plan;
}

function draftsOf(
  entries: readonly FileEntry[],
  options: ImportOptions,
): { drafts: Draft[]; refused: RefusedEntry[] } {
  const refused: RefusedEntry[] = [];
  const firstUse = new Map<string, string>();
  const drafts = entries.flatMap((entry) => {
    options.onChecked?.();
    try {
      const draft = draftOf(entry, options);
      for (const key of uniqueKeys(draft.record, options)) requireUnused(firstUse, key, entry.where);
      return [draft];
    } catch (error) {
      const { username } = entry.value;
      const named = typeof username === 'string' ? { username } : {};
      refused.push({ where: entry.where, ...named, reasons: reasonsOf(error) });
      return [];
    }
  });
  return { drafts, refused };
}

function sort(
  plan: AccountImport,
  { record, totp, isLosing, where }: Draft,
  state: State | undefined,
  { skipExisting }: ImportOptions,
): void {
  if (state === 'absent') {
    plan.records.push(record);
    if (totp !== undefined) plan.apps.set(record.id, totp);
    if (isLosing) plan.losing += 1;
  } else if (state === 'present') plan.present += 1;
  else if (state === 'different' && skipExisting) plan.skipped += 1;
  else plan.refused.push({ where, username: record.username, reasons: reasonsFor(state) });
}

/** An account of the file, not compared with the store yet. */
interface Draft {
  record: AccountRecord;
  totp: ImportedTotp | undefined;
  /** Second factors of the account are not imported. */
  isLosing: boolean;
  where: string;
}

/** @throws AccountError */
function draftOf({ value, where }: FileEntry, options: ImportOptions): Draft {
  const { clock, firebase, keepIds, dropFactors } = options;
  const { id, username, claims, disabled, passwordHash, factors, createdAt } = describeAccount(
    value,
    firebase,
  );
  const { totp, others } = factors;
  if (totp === undefined && others.length > 0 && !dropFactors)
    throw new AccountError([
      `its second factor cannot be imported (${others.join(', ')}); --drop-factors adds it without`,
    ]);
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
  return { record, totp, isLosing: others.length > 0, where };
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

async function stateOf(draft: Draft, options: ImportOptions): Promise<State> {
  const { store, clock, uniqueEmail } = options;
  const { accounts, artifacts } = store;
  const { record } = draft;
  const named = await accounts.findByUsername(record.username);
  if (named !== undefined) return isSame(named, draft, options) ? 'present' : 'different';
  if ((await accounts.find(record.id)) !== undefined) return 'id taken';
  const names = createReservedNames({ artifacts, clock });
  const reserved = (await names.conflict(record)) ?? (await names.idConflict(record));
  if (reserved !== undefined) return reserved;
  const address = uniqueEmail ? emailKey(record.claims.email) : undefined;
  if (address === undefined) return 'absent';
  return (await accounts.findByEmail(address, 1)).length > 0 ? 'email taken' : 'absent';
}

function isSame(stored: AccountRecord, { record, totp }: Draft, { sealer }: ImportOptions): boolean {
  const content = ({ claims, disabled, passwordHash }: AccountRecord) => ({ claims, disabled, passwordHash });
  if (!isDeepStrictEqual(content(stored), content(record))) return false;
  const { sealed } = stored.details?.factors?.totp ?? {};
  if (totp === undefined || sealed === undefined) return totp === undefined;
  return sealer.open('totp', stored.id, sealed).equals(totp.seed);
}

function reasonsFor(state: State | undefined): readonly string[] {
  if (state instanceof AccountError) return state.problems;
  if (state === 'id taken') return ['another account has its id'];
  if (state === 'email taken') return ['another account has its email address'];
  return ['there is an account with this username, and another content'];
}
