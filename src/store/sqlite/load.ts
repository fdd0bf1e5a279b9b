import { ConflictError } from '../errors.ts';
import { digestText } from '../sealing.ts';
import type { DumpRecord, DumpType, Loaded } from '../store.ts';
import { LoadTally, NOT_EMPTY } from '../transfer/load-tally.ts';
import { addAllMissing } from './account-index.ts';
import type { Database } from './driver.ts';
import { INSERT_JOB, toJobRow } from './job-rows.ts';
import {
  INSERT_ACCOUNT,
  INSERT_CLIENT,
  prepareAuditInsert,
  toAuditRow,
  toClientRow,
  toNewAccountRow,
} from './rows.ts';
import { CACHE } from './page-cache.ts';
import { INSERT_KEY, INSERT_OTHER_KEY } from './signing-keys.ts';

const TABLES: Readonly<Record<DumpType, string>> = {
  artifact: 'artifacts',
  consumption: 'consumed',
  'replay id': 'created_once',
  tombstone: 'revoked_grants',
  account: 'accounts',
  client: 'clients',
  'signing key': 'all_signing_keys',
  job: 'jobs',
  'audit event': 'audit',
};

/**
 * Writes a dump into an empty database in one transaction, so all of it or nothing.
 * @param database a connection used for nothing else
 * @param now epoch seconds
 * @throws ConflictError when the database is not empty
 */
export async function loadDatabase(
  database: Database,
  records: AsyncIterable<DumpRecord>,
  now: number,
): Promise<Loaded> {
  const tally = new LoadTally();
  database.exec(CACHE.loading);
  database.exec('BEGIN IMMEDIATE');
  try {
    const count = (type: DumpType): number =>
      database.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${TABLES[type]}`).get()?.n ?? 0;
    for (const table of Object.values(TABLES)) {
      if (database.prepare<object>(`SELECT 1 FROM ${table} LIMIT 1`).get())
        throw new ConflictError(NOT_EMPTY);
    }
    database.exec(SCRATCH);
    const insert = prepareInserts(database);
    for await (const record of records) {
      if ('expiresAt' in record && record.expiresAt <= now) tally.leaveOut(record.type, 'expired');
      else if (insert(record) === 0) tally.leaveOut(record.type, 'repeated');
    }
    database.exec(FINISH);
    addAllMissing(database);
    tally.leaveOut('artifact', 'ended', database.prepare(END_REVOKED).run());
    const loaded = tally.result(count);
    database.exec('COMMIT');
    return loaded;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Some stores have only the digest of an artifact's account; here the account id is filled in after the accounts were loaded. */
const SCRATCH = `
  CREATE TABLE account_digests (digest TEXT PRIMARY KEY, id TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE unnamed (artifact BLOB PRIMARY KEY, account TEXT NOT NULL) STRICT, WITHOUT ROWID;`;

/** Of two artifacts with the same alias and sealed id, the younger one keeps it: the older one has lost its alias to it. */
const FINISH = `
  UPDATE artifacts SET account_id =
    (SELECT account_digests.id FROM unnamed JOIN account_digests ON digest = account WHERE artifact = artifacts.id)
  WHERE id IN (SELECT artifact FROM unnamed);
  DROP TABLE account_digests;
  DROP TABLE unnamed;
  UPDATE artifacts SET alias = NULL, sealed_id = NULL WHERE alias IS NOT NULL AND EXISTS (
    SELECT 1 FROM artifacts AS other WHERE other.alias = artifacts.alias AND other.sealed_id = artifacts.sealed_id
      AND (other.expires_at, other.rowid) > (artifacts.expires_at, artifacts.rowid));`;

const END_REVOKED = 'DELETE FROM artifacts WHERE grant_id IN (SELECT id FROM revoked_grants)';

/** @returns a function that writes a record and returns 0 when the database already has it */
function prepareInserts(database: Database): (record: DumpRecord) => number {
  const insert = prepareStatements(database);
  return (record) => {
    switch (record.type) {
      case 'artifact': {
        const { kind, expiresAt, grant, account, accountId = null, alias, listed } = record;
        const id = bytes(record.id);
        if (account !== undefined && accountId === null) insert.unnamed.run({ id, account });
        return insert.artifact.run({
          id,
          kind,
          sealed: bytes(record.sealed),
          expiresAt,
          grantId: grant === undefined ? null : bytes(grant),
          accountId,
          alias: alias === undefined ? null : bytes(alias.id),
          sealedId: alias === undefined ? null : bytes(alias.sealedId),
          listed: listed === undefined ? null : JSON.stringify(listed),
        });
      }
      case 'consumption': {
        const { id, at, expiresAt } = record;
        return insert.consumption.run({ id: bytes(id), at, expiresAt });
      }
      case 'replay id':
        return insert.replayId.run({ id: bytes(record.id), expiresAt: record.expiresAt });
      case 'tombstone':
        return insert.tombstone.run({ id: bytes(record.id), expiresAt: record.expiresAt });
      case 'account': {
        const { id } = record.account;
        insert.accountDigest.run({ id, digest: digestText('account', 'Account', id) });
        return insert.account.run(toNewAccountRow(record.account, null));
      }
      case 'client':
        return insert.client.run(toClientRow(record.client));
      case 'signing key': {
        const { kid, alg, sealed, createdAt } = record.key;
        return alg === undefined
          ? insert.signingKey.run({ kid, sealed, createdAt })
          : insert.otherSigningKey.run({ kid, alg, sealed, createdAt });
      }
      case 'job':
        return insert.job.run(toJobRow(record.job));
      case 'audit event':
        return insert.auditEvent(toAuditRow(record.event));
    }
  };
}

function prepareStatements(database: Database) {
  return {
    artifact: database.prepare(`
      INSERT INTO artifacts (id, kind, sealed, expires_at, grant_id, account_id, alias, sealed_id, listed)
      VALUES (:id, :kind, :sealed, :expiresAt, :grantId, :accountId, :alias, :sealedId, :listed) ON CONFLICT DO NOTHING`),
    unnamed: database.prepare('INSERT OR IGNORE INTO unnamed (artifact, account) VALUES (:id, :account)'),
    consumption: database.prepare(
      'INSERT INTO consumed (id, at, expires_at) VALUES (:id, :at, :expiresAt) ON CONFLICT DO NOTHING',
    ),
    replayId: database.prepare(
      'INSERT INTO created_once (id, expires_at) VALUES (:id, :expiresAt) ON CONFLICT DO NOTHING',
    ),
    tombstone: database.prepare(
      'INSERT INTO revoked_grants (id, expires_at) VALUES (:id, :expiresAt) ON CONFLICT DO NOTHING',
    ),
    accountDigest: database.prepare(
      'INSERT OR IGNORE INTO account_digests (digest, id) VALUES (:digest, :id)',
    ),
    // A username of another account is an error, not a repetition.
    account: database.prepare(`${INSERT_ACCOUNT} ON CONFLICT (id) DO NOTHING`),
    client: database.prepare(`${INSERT_CLIENT} ON CONFLICT DO NOTHING`),
    signingKey: database.prepare(`${INSERT_KEY} ON CONFLICT DO NOTHING`),
    otherSigningKey: database.prepare(`${INSERT_OTHER_KEY} ON CONFLICT DO NOTHING`),
    job: database.prepare(`${INSERT_JOB} ON CONFLICT DO NOTHING`),
    auditEvent: prepareAuditInsert((sql) => database.prepare(sql)),
  };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}
