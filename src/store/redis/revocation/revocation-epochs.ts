import { randomBytes } from 'node:crypto';
import { ARTIFACT_KINDS, type Durability } from '../../port/artifact-kinds.ts';
import { digestText } from '../../sealing.ts';
import type { ArtifactKind, ListedKind } from '../../store.ts';
import type { Connection } from '../connection/connection.ts';
import { keys } from '../keys.ts';
import { longerLifetime } from '../lifetime.ts';

/** An artifact that is about to be written. */
export interface Issue {
  kind: ArtifactKind;
  grantId: string | undefined;
  accountId: string | undefined;
  /** Digest of the id, where the artifact can be listed. */
  listedId?: string | undefined;
  /** Epoch seconds. */
  expiresAt: number;
}

/** One owner of an artifact: the digest of its grant or account, and the epoch in which the artifact was issued. */
export type EpochReference = readonly [owner: string, epoch: string];

export interface EpochReferences {
  grant?: EpochReference;
  account?: EpochReference;
}

export interface IndexEntry {
  /** Digest of the id of the artifact. */
  id: string;
  /** Epoch seconds; the artifact may expire earlier. */
  expiresAt: number;
}

/** Grants that are revoked concurrently when their account is revoked. */
const MAX_BATCH = 500;

/**
 * Revocation of grants and accounts, correct under a race without a transaction that spans several slots.
 *
 * Each grant and each account has a current epoch, a random value. An artifact records the epochs in which it was issued and is valid
 * only while both are current. One atomic write that starts a new epoch therefore revokes everything issued in the old one, without
 * listing it. A write that races with the revocation may arrive at any time later: it records the old epoch and is invalid on arrival.
 * An epoch that is lost is replaced by another random value, so a loss revokes too (fail closed).
 *
 *     grant:    (none) ──join──▶ epoch A ──revokeGrant──▶ epoch B, tombstone ──tombstone expires──▶ epoch B
 *                                   │  ▲                     join: GrantRevokedError                   join: issues in B
 *                                   └──┘ destroyKind(kind): a further epoch of that kind is appended to A
 *
 *     account:  (none) ──join──▶ epoch A ──revokeAccount──▶ epoch B, then revokeGrant for each of its grants
 *
 * Owns the epochs, the tombstones, and the index of an account's grants, sessions and consents. It does not own the artifacts
 * (`../artifacts/`), which only carry `EpochReferences`; the scripts are in `epoch-scripts.ts`. docs/redis.md has the proof.
 */
export class RevocationEpochs {
  readonly #redis: Connection;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(redis: Connection, now: () => number) {
    this.#redis = redis;
    this.#now = now;
  }

  /**
   * Returns the current epochs of the owners of artifacts that are about to be written, and keeps them at least until these expire. All in
   * one round trip.
   * @returns in the order of the artifacts; undefined when a grant is revoked
   */
  async join(issues: readonly Issue[]): Promise<EpochReferences[] | undefined> {
    const named = issues.map((issue) => ({
      ...issue,
      grant: issue.grantId === undefined ? undefined : grantDigest(issue.grantId),
      account: issue.accountId === undefined ? undefined : accountDigest(issue.accountId),
    }));
    const now = this.#now();
    const grants = groupBy(named, ({ grant }) => grant);
    const accounts = groupBy(named, ({ account, grant = '', listedId = '' }) =>
      account === undefined ? undefined : `${account} ${grant} ${listedId}`,
    );
    const [grantEpochs, accountEpochs] = await Promise.all([
      mapValues(grants, (group, grant) => this.#joinGrant(grant, group, now)),
      mapValues(accounts, (group) => this.#joinAccount(group, now)),
    ]);
    const references: EpochReferences[] = [];
    for (const { kind, grant, account, listedId = '' } of named) {
      const grantEpoch = grant === undefined ? undefined : grantEpochs.get(grant)?.get(kind);
      if (grant !== undefined && grantEpoch === undefined) return undefined;
      const accountEpoch = account && accountEpochs.get(`${account} ${grant ?? ''} ${listedId}`);
      references.push({
        ...(grant !== undefined && grantEpoch !== undefined && { grant: [grant, grantEpoch] }),
        ...(account !== undefined && accountEpoch !== undefined && { account: [account, accountEpoch] }),
      });
    }
    return references;
  }

  /** @returns the epoch for each kind; none while the grant is revoked */
  async #joinGrant(grant: string, group: readonly Issue[], now: number): Promise<Map<ArtifactKind, string>> {
    const kinds = [...new Set(group.map(({ kind }) => kind))];
    const args = [now, lifetimeOf(group, now), newEpoch(), ...kinds];
    const epochs = asStrings(
      await this.#redis.write(durabilityOf(group), 'joinGrant', [keys.grantEpoch(grant)], args),
    );
    return new Map(epochs.map((epoch, index) => [kinds[index] as ArtifactKind, epoch]));
  }

  /** @param group of one account, grant and listed artifact */
  async #joinAccount(
    group: readonly (Issue & { account?: string | undefined; grant?: string | undefined })[],
    now: number,
  ): Promise<string> {
    const [first] = group;
    const { account = '', grant = '', listedId = '' } = first ?? {};
    const latest = Math.max(...group.map(({ expiresAt }) => expiresAt));
    const args = [now, lifetimeOf(group, now), newEpoch(), latest, grant, listedId];
    return String(
      await this.#redis.write(durabilityOf(group), 'joinAccount', accountKeys(account, first?.kind), args),
    );
  }

  /** Whether the epochs in which an artifact was issued are still the current ones. */
  async areCurrent(kind: ArtifactKind, { grant, account }: EpochReferences): Promise<boolean> {
    const [grantEpoch, accountEpoch] = await Promise.all([
      grant && this.#redis.command((client) => client.hmget(keys.grantEpoch(grant[0]), 'era', kind)),
      account && this.#redis.command((client) => client.hget(keys.accountEpoch(account[0]), 'era')),
    ]);
    return grantEpoch?.join('') === grant?.[1] && (accountEpoch ?? undefined) === account?.[1];
  }

  /** The digests of the ids of an account's sessions that have not expired; some may have been destroyed. */
  async sessionsOf(accountId: string): Promise<string[]> {
    const key = keys.accountSessions(accountDigest(accountId));
    return this.#redis.command((client) => client.zrange(key, `(${this.#now()}`, '+inf', 'BYSCORE'));
  }

  /**
   * One part of the index of an account's sessions or consents, the latest expiry first; some may have been destroyed.
   * @param from the latest expiry (epoch seconds), inclusive; undefined for no bound
   * @param offset number of members to skip from there
   */
  async listedOf(
    kind: ListedKind,
    accountId: string,
    { from, offset, limit }: { from: number | undefined; offset: number; limit: number },
  ): Promise<IndexEntry[]> {
    const key = accountKeys(accountDigest(accountId), kind)[2];
    const range = [`(${this.#now()}`, 'BYSCORE', 'REV', 'LIMIT', offset, limit, 'WITHSCORES'] as const;
    const reply = await this.#redis.command((client) => client.zrange(key, from ?? '+inf', ...range));
    return Array.from({ length: reply.length / 2 }, (_, index) => ({
      id: String(reply[2 * index]),
      expiresAt: Number(reply[2 * index + 1]),
    }));
  }

  /** The digests of an account's grants that have not expired; some may have been revoked. */
  async grantsOf(accountId: string): Promise<string[]> {
    const key = keys.accountGrants(accountDigest(accountId));
    return this.#redis.command((client) => client.zrange(key, `(${this.#now()}`, '+inf', 'BYSCORE'));
  }

  /** @param grants digests */
  async revokeGrants(grants: readonly string[], until: number): Promise<void> {
    for (let start = 0; start < grants.length; start += MAX_BATCH) {
      const batch = grants.slice(start, start + MAX_BATCH);
      await Promise.all(batch.map((grant) => this.#revokeGrant(grant, until)));
    }
  }

  async destroyKind(kind: ArtifactKind, grantId: string): Promise<void> {
    await this.#redis.runDurably('destroyKind', [keys.grantEpoch(grantDigest(grantId))], [kind, newEpoch()]);
  }

  revokeGrant(grantId: string, until: number): Promise<void> {
    return this.#revokeGrant(grantDigest(grantId), until);
  }

  /** Revokes what names the account, then its grants. After an interruption, the next call finds the remaining grants. */
  async revokeAccount(accountId: string, until: number): Promise<void> {
    const account = accountDigest(accountId);
    const [epoch, index] = [keys.accountEpoch(account), keys.accountGrants(account)];
    const grants = asStrings(
      await this.#redis.runDurably('revokeAccount', [epoch, index], [this.#now(), newEpoch()]),
    );
    for (let start = 0; start < grants.length; start += MAX_BATCH) {
      const batch = grants.slice(start, start + MAX_BATCH);
      await Promise.all(batch.map((grant) => this.#revokeGrant(grant, until)));
      await this.#redis.run('forgetGrants', [index], batch);
    }
  }

  async #revokeGrant(grant: string, until: number): Promise<void> {
    const lifetime = longerLifetime(until, this.#now());
    await this.#redis.runDurably('revokeGrant', [keys.grantEpoch(grant)], [until, lifetime, newEpoch()]);
  }
}

function grantDigest(grantId: string): string {
  return digestText('grant', 'Grant', grantId);
}

/** The keys that `joinAccount` writes for an artifact of a kind. */
export function accountKeys(
  account: string,
  kind: ArtifactKind | undefined,
): [epoch: string, grants: string, listed: string] {
  const listed = kind === 'Consent' ? keys.accountConsents(account) : keys.accountSessions(account);
  return [keys.accountEpoch(account), keys.accountGrants(account), listed];
}

/** Whether an artifact has a place in the index of its account. */
export function isListed(kind: ArtifactKind): kind is ListedKind {
  return kind === 'Session' || kind === 'Consent';
}

function accountDigest(accountId: string): string {
  return digestText('account', 'Account', accountId);
}

/** A random value that never repeats. */
export function newEpoch(): string {
  return randomBytes(9).toString('base64url');
}

function asStrings(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}

/** Of all that are joined in one call. */
function durabilityOf(group: readonly Issue[]): Durability {
  return group.some(({ kind }) => ARTIFACT_KINDS[kind] === 'durable') ? 'durable' : 'local';
}

function lifetimeOf(group: readonly Issue[], now: number): number {
  return longerLifetime(Math.max(...group.map(({ expiresAt }) => expiresAt)), now);
}

/** Leaves out items without a key. */
function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

async function mapValues<Value, Result>(
  map: ReadonlyMap<string, Value>,
  compute: (value: Value, key: string) => Promise<Result>,
): Promise<Map<string, Result>> {
  return new Map(
    await Promise.all(
      Array.from(map, async ([key, value]): Promise<[string, Result]> => [key, await compute(value, key)]),
    ),
  );
}
