import { type Clock, NEVER, nowInSeconds } from '../clock.ts';
import { type AccountRecord, type AccountStore, type ArtifactStore, emailKey } from '../store/store.ts';
import { AccountError } from './errors.ts';

/**
 * Usernames and email addresses that an account has given up, and that no other account gets for a time: applications and people may know
 * a person by the name, and would take the next person with the name for that one.
 *
 * The order of writes avoids races without a lock. A name is reserved before its account gives it up. An account that gets a name looks
 * for a reservation after it has got it, and gives it back if there is one.
 *
 * The id of a removed account is that of its person for ever: applications know people by it (OpenID Connect Core §8, never reassigned).
 */

/** Seconds that a username is reserved after a rename or the removal of its account. */
const USERNAME_RESERVATION = 90 * 86_400;

/** Seconds that an email address is reserved after its account has another one: as long as that change can be undone. */
export const EMAIL_RESERVATION = 7 * 86_400;

type NameKind = 'username' | 'email';

type Named = Pick<AccountRecord, 'id' | 'username' | 'claims'>;

export interface ReservedNames {
  /** For the account that has the name, which keeps the right to it. */
  reserve(kind: NameKind, name: string, accountId: string): Promise<void>;
  /**
   * Which new name of an account is reserved for another one.
   * @param before absent for a new account
   */
  conflict(account: Named, before?: Named): Promise<AccountError | undefined>;
  /** For an account that is about to be removed: no one with another username gets its id. */
  retire(account: Pick<Named, 'id' | 'username'>): Promise<void>;
  /** Whether the id of a new account was that of another one. */
  idConflict(account: Pick<Named, 'id' | 'username'>): Promise<AccountError | undefined>;
}

export function createReservedNames({
  artifacts,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'upsert' | 'find'>;
  clock: Clock;
}): ReservedNames {
  async function isReserved(kind: NameKind, name: string, accountId: string): Promise<boolean> {
    const found = await artifacts.find('ReservedName', keyOf(kind, name));
    return found !== undefined && found.accountId !== accountId;
  }
  return {
    async reserve(kind, name, accountId) {
      const lifetime = kind === 'username' ? USERNAME_RESERVATION : EMAIL_RESERVATION;
      // Without `accountId` of the artifact: the reservation outlives the account.
      await artifacts.upsert('ReservedName', keyOf(kind, name), {
        payload: { accountId },
        expiresAt: nowInSeconds(clock) + lifetime,
      });
    },
    async retire({ id, username }) {
      await artifacts.upsert('ReservedName', `id ${id}`, { payload: { username }, expiresAt: NEVER });
    },
    async idConflict({ id, username }) {
      const found = await artifacts.find('ReservedName', `id ${id}`);
      return found === undefined || found.username === username
        ? undefined
        : new AccountError(['id: was that of another account, which was removed']);
    },
    async conflict({ id, username, claims }, before) {
      if (username !== before?.username && (await isReserved('username', username, id))) {
        return new AccountError([
          `the username ${username} is reserved: another account had it until recently`,
        ]);
      }
      const address = emailKey(claims.email);
      if (address === undefined || address === emailKey(before?.claims.email)) return undefined;
      return (await isReserved('email', address, id))
        ? new AccountError(['email: is reserved, another account had it until recently'])
        : undefined;
    },
  };
}

/**
 * After a change of an account.
 * @throws AccountError for a new name that is reserved for another account, after the former one is back
 */
export async function giveBackReserved(
  accounts: Pick<AccountStore, 'update'>,
  names: Pick<ReservedNames, 'conflict'>,
  record: AccountRecord,
  before: AccountRecord,
): Promise<void> {
  const conflict = await names.conflict(record, before);
  if (conflict === undefined) return;
  const { username, claims } = before;
  await accounts.update(record.id, (current) =>
    current.updatedAt === record.updatedAt ? { username, claims } : { username },
  );
  throw conflict;
}

/** @param name a username, or an email address in any spelling */
function keyOf(kind: NameKind, name: string): string {
  return `${kind} ${kind === 'email' ? (emailKey(name) ?? name) : name}`;
}
