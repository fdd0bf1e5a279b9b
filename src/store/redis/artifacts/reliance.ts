import type { AccountRecord, ArtifactUnit, ClientRecord } from '../../store.ts';
import type { Connection } from '../connection/connection.ts';
import { keys } from '../keys.ts';
import type { RevocationEpochs } from '../revocation/revocation-epochs.ts';
import { decodeRecord, versionOf } from './artifact-record.ts';
import { recordKeys } from './artifact-writer.ts';

/** What a unit has relied on and does not write, compared while its records are written (`unit.ts`). */

/** Whether the accounts and clients are still those that the request has read. */
export async function areCurrent(
  redis: Connection,
  { accounts = [], clients = [] }: ArtifactUnit,
): Promise<boolean> {
  if (accounts.length + clients.length === 0) return true;
  const [accountTexts, clientTexts] = await redis.command((client) =>
    Promise.all([
      accounts.length === 0 ? [] : client.mget(accounts.map(({ id }) => keys.account(id))),
      clients.length === 0 ? [] : client.mget(clients.map(({ id }) => keys.client(id))),
    ]),
  );
  return (
    accounts.every(({ generation }, index) => isGeneration(accountTexts[index], generation)) &&
    clients.every(({ instance }, index) => isInstance(clientTexts[index], instance))
  );
}

/**
 * Whether the artifacts have the versions that the request has read, and were not revoked.
 * @param now epoch seconds
 */
export async function areUnchanged(
  redis: Connection,
  epochs: RevocationEpochs,
  { unchanged = [] }: ArtifactUnit,
  now: number,
): Promise<boolean> {
  const areSame = await Promise.all(
    unchanged.map(async ({ kind, id, version }) => {
      const [value, mark] = await redis.command((client) => client.mgetBuffer(...recordKeys(kind, id)));
      const record = decodeRecord(value, mark, now);
      if (record === undefined || !(await epochs.areCurrent(kind, record.header))) return version === '';
      return versionOf({ record: value, mark }, now) === version;
    }),
  );
  return areSame.every(Boolean);
}

function isGeneration(text: string | null | undefined, generation: number): boolean {
  if (typeof text !== 'string') return false;
  const account: AccountRecord = JSON.parse(text);
  return !account.disabled && account.generation === generation;
}

function isInstance(text: string | null | undefined, instance: string): boolean {
  if (typeof text !== 'string') return false;
  const client: ClientRecord = JSON.parse(text);
  return client.instance === instance;
}
