import { randomBytes } from 'node:crypto';
import { GrantRevokedError } from '../../errors.ts';
import { digest } from '../../sealing.ts';
import type { ArtifactKind } from '../../store.ts';
import type { Connection } from '../connection/connection.ts';
import { keys } from '../keys.ts';
import { longerLifetime } from '../lifetime.ts';

interface Owners {
  grantId: string | undefined;
  accountId: string | undefined;
  /** Digest of the id, where the artifact is a session. */
  session?: string | undefined;
}

/** What an artifact depends on: the digest of its grant or account, and the era in which it was issued. */
export type Bond = readonly [owner: string, era: string];

export interface Bonds {
  grant?: Bond;
  account?: Bond;
}

/** Grants tombstoned at once when an account is revoked. */
const CHUNK = 500;

/**
 * Revocation that nothing can slip past.
 *
 * Each grant and each account has a current era, a random value. An artifact carries the eras it was issued in and is alive
 * only while both are current, so that beginning a new era ends everything of the one before, in one atomic write and
 * without knowing what there is. A write that races with it may land at any time later: it carries the old era and is dead
 * on arrival. An era that is lost is a new era: failure closes.
 */
export class Eras {
  readonly #redis: Connection;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(redis: Connection, now: () => number) {
    this.#redis = redis;
    this.#now = now;
  }

  /**
   * The eras for an artifact that is about to be written; they will be kept at least until it has expired.
   * @param durably whether the artifact will be written durably
   * @throws GrantRevokedError
   */
  async enter(
    kind: ArtifactKind,
    { grantId, accountId, session = '' }: Owners,
    expiresAt: number,
    durably: boolean,
  ): Promise<Bonds> {
    const grant = grantId === undefined ? undefined : grantDigest(grantId);
    const account = accountId === undefined ? undefined : accountDigest(accountId);
    const now = this.#now();
    const lifetime = longerLifetime(expiresAt, now);
    const run = (...call: Parameters<Connection['run']>) =>
      durably ? this.#redis.runDurably(...call) : this.#redis.run(...call);
    const [grantEra, accountEra] = await Promise.all([
      grant && run('enterGrant', [keys.grantEpoch(grant)], [now, lifetime, newEra(), kind]),
      account &&
        run('enterAccount', accountKeys(account), [now, lifetime, newEra(), expiresAt, grant ?? '', session]),
    ]);
    if (grant && grantEra === null) throw new GrantRevokedError('the grant was revoked');
    return {
      ...(grant && { grant: [grant, String(grantEra)] }),
      ...(account && { account: [account, String(accountEra)] }),
    };
  }

  /** Whether the eras in which an artifact was issued last. */
  async areCurrent(kind: ArtifactKind, { grant, account }: Bonds): Promise<boolean> {
    const [grantEra, accountEra] = await Promise.all([
      grant && this.#redis.command((client) => client.hmget(keys.grantEpoch(grant[0]), 'era', kind)),
      account && this.#redis.command((client) => client.hget(keys.accountEpoch(account[0]), 'era')),
    ]);
    return grantEra?.join('') === grant?.[1] && (accountEra ?? undefined) === account?.[1];
  }

  /** The digests of the ids of an account's sessions that have not expired; some may have ended otherwise. */
  async sessionsOf(accountId: string): Promise<string[]> {
    const key = keys.accountSessions(accountDigest(accountId));
    return this.#redis.command((client) => client.zrange(key, `(${this.#now()}`, '+inf', 'BYSCORE'));
  }

  async destroyKind(kind: ArtifactKind, grantId: string): Promise<void> {
    await this.#redis.runDurably('destroyKind', [keys.grantEpoch(grantDigest(grantId))], [kind, newEra()]);
  }

  revokeGrant(grantId: string, until: number): Promise<void> {
    return this.#revokeGrant(grantDigest(grantId), until);
  }

  async isGrantRevoked(grantId: string): Promise<boolean> {
    const key = keys.grantEpoch(grantDigest(grantId));
    const until = await this.#redis.command((client) => client.hget(key, 'until'));
    return Number(until) > this.#now();
  }

  /** Ends what names the account, then its grants. When that is cut short, the next attempt finds the grants that are left. */
  async revokeAccount(accountId: string, until: number): Promise<void> {
    const account = accountDigest(accountId);
    const [era, index] = [keys.accountEpoch(account), keys.accountGrants(account)];
    const grants = asStrings(
      await this.#redis.runDurably('revokeAccount', [era, index], [this.#now(), newEra()]),
    );
    for (let start = 0; start < grants.length; start += CHUNK) {
      const chunk = grants.slice(start, start + CHUNK);
      await Promise.all(chunk.map((grant) => this.#revokeGrant(grant, until)));
      await this.#redis.run('forgetGrants', [index], chunk);
    }
  }

  async #revokeGrant(grant: string, until: number): Promise<void> {
    const lifetime = longerLifetime(until, this.#now());
    await this.#redis.runDurably('revokeGrant', [keys.grantEpoch(grant)], [until, lifetime, newEra()]);
  }
}

function grantDigest(grantId: string): string {
  return digest('grant', 'Grant', grantId).toString('base64url');
}

/** What `enterAccount` writes. */
export function accountKeys(account: string): [era: string, grants: string, sessions: string] {
  return [keys.accountEpoch(account), keys.accountGrants(account), keys.accountSessions(account)];
}

function accountDigest(accountId: string): string {
  return digest('account', 'Account', accountId).toString('base64url');
}

/** Never the same twice. */
function newEra(): string {
  return randomBytes(9).toString('base64url');
}

function asStrings(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}
