import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import type { ActorAudit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import { ConflictError } from '../../store/errors.ts';
import type { AccountRecord, Store, TotpRecord } from '../../store/store.ts';
import { withFactors } from '../account-factors.ts';
import { recordImportedHashes } from '../imported-hashes.ts';
import type { AccountImport } from './account-import.ts';
import { type ImportedTotp, USUAL_CODE } from './foreign-factors.ts';

/** Of the store at once. */
const CONCURRENCY = 64;

/**
 * Writes the accounts of a plan.
 * @returns how many were added; fewer than planned only for names that were taken since
 * @throws Error that says how far it came, when the store fails: some accounts are there then, each of them whole
 */
export async function writeImport(
  { records, apps }: Pick<AccountImport, 'records' | 'apps'>,
  options: {
    store: Pick<Store, 'accounts' | 'artifacts'>;
    audit: ActorAudit;
    sealer: Pick<Sealer, 'seal'>;
    clock: Clock;
    /** Of this server: hashes with these costs take the usual time. */
    passwords: Config['passwords'];
    onProgress?: (() => void) | undefined;
  },
): Promise<{ added: number; taken: string[] }> {
  const { store, audit, sealer, clock, passwords, onProgress } = options;
  await recordImportedHashes(store.artifacts, foreignHashes(records, passwords), clock);
  const limit = pLimit(CONCURRENCY);
  const taken: string[] = [];
  let added = 0;
  const add = async (record: AccountRecord): Promise<void> => {
    try {
      const { id: accountId, username } = record;
      const app = apps.get(accountId);
      await store.accounts.create(app === undefined ? record : withApp(record, app, { sealer, clock }));
      const factor = app && { factor: 'totp' };
      audit.record({ type: 'account.added', accountId, detail: { username, imported: true, ...factor } });
      added += 1;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      taken.push(record.username);
    }
    onProgress?.();
  };
  try {
    await Promise.all(records.map((record) => limit(add, record)));
  } catch (error) {
    limit.clearQueue();
    const progress = `at least ${added} of ${records.length} accounts were added: repeat the import, which recognises them`;
    throw new Error(`${(error as Error).message}; ${progress}`, { cause: error });
  }
  return { added, taken };
}

/** Codes of the time before the import were of use in the other system: they are void here. */
function withApp(
  record: AccountRecord,
  { seed, code }: ImportedTotp,
  { sealer, clock }: { sealer: Pick<Sealer, 'seal'>; clock: Clock },
): AccountRecord {
  const now = nowInSeconds(clock);
  const totp: TotpRecord = {
    sealed: sealer.seal('totp', record.id, seed),
    createdAt: now,
    lastStep: Math.floor(now / code.period),
    drift: 0,
    ...(!isDeepStrictEqual(code, USUAL_CODE) && { code }),
  };
  return { ...record, ...withFactors(record, { totp }) };
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
