import { timingSafeEqual } from 'node:crypto';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Store } from '../../store/store.ts';
import type { Account } from '../accounts.ts';
import { mailAddressOf } from '../sign-in-name.ts';
import { createMailCode, mailCodeDigest } from './mail-code.ts';

/**
 * The proof that a person also has the mail box of the account: a code that is sent to its verified address and typed into the session that
 * has asked for it. It is asked for beside the password of an account without a second factor, so that a stolen password alone changes nothing
 * that protects the account. An artifact `Confirmation` for each session:
 *
 *     none ──begin──▶ pending (10 minutes, 5 attempts) ──right code──▶ confirmed (5 minutes)
 *                       └──begin: another code; an attempt too many, or another address or generation: void
 *
 * A code proves nothing for any other session, and is no authentication factor (NIST SP 800-63B-4 §3.1.3.1): it does not change `acr` or `amr`.
 *
 * Guesses are bounded by the codes, not by a count of wrong ones, so a thief who has the password locks out no one with wrong codes. The thief
 * can ask for codes, though: those of one network are counted apart, the ceiling of all networks lasts ten minutes, and a new password, which
 * each of these mails asks for, begins with new counters. The arithmetic: 10 codes of 5 attempts in 10 minutes are 300 attempts in an hour
 * at 100 million values. A day of them succeeds with a probability of 0.007 %, and has sent 1,440 mails to the owner.
 */

/** Seconds that a code may be typed. */
export const CODE_LIFETIME = 600;

/** Seconds that a confirmation counts. */
const CONFIRMED_LIFETIME = 300;

/** Of one code. */
const MAX_ATTEMPTS = 5;

/** Codes of an account in a window, over all its sessions. */
const OF_ONE_NETWORK = 5;
const OF_ALL_NETWORKS = 10;
const WINDOW = 600;

/** The session and account of a person. */
interface Holder {
  readonly session: { readonly uid: string };
  readonly account: Pick<Account, 'id' | 'generation' | 'claims'>;
}

export interface Confirmations {
  /** Whether the account has an address to which a code can be sent. */
  isPossible(account: Holder['account']): Promise<boolean>;
  /**
   * A new code, which replaces the former one.
   * @param network from `networkOf`
   * @returns `retryAfter`: seconds to wait, because too many were asked for; undefined where the account has no address for it
   */
  begin(
    holder: Holder,
    network: string,
  ): Promise<{ code: string; address: string } | { retryAfter: number } | undefined>;
  /** Counts the attempt. `void`: the person has to ask for another code. */
  check(holder: Holder, code: string): Promise<'confirmed' | 'wrong' | 'void'>;
  /** Whether the session was confirmed in the last five minutes. One read. */
  isConfirmed(holder: Holder): Promise<boolean>;
}

interface Pending {
  accountId: string;
  generation: number;
  address: string;
  /** Of the code, with the id of the session. */
  digest: string;
  attempts: number;
  /** Epoch seconds. */
  until: number;
  confirmedAt?: number;
}

export function createConfirmations({
  store,
  clock,
}: {
  store: Pick<Store, 'accounts' | 'artifacts' | 'counters'>;
  clock: Clock;
}): Confirmations {
  const now = () => nowInSeconds(clock);
  return {
    isPossible: async (account) => (await mailAddressOf(store, account)) !== undefined,
    async begin({ session, account }, network) {
      const address = await mailAddressOf(store, account);
      if (address === undefined) return undefined;
      const retryAfter = await countCode(account, network, store.counters, now());
      if (retryAfter !== undefined) return { retryAfter };
      const code = createMailCode();
      const until = now() + CODE_LIFETIME;
      const pending: Pending = {
        accountId: account.id,
        generation: account.generation,
        address,
        digest: mailCodeDigest('confirmation', session.uid, code),
        attempts: 0,
        until,
      };
      await store.artifacts.upsert('Confirmation', session.uid, {
        payload: { ...pending },
        expiresAt: until,
        accountId: account.id,
      });
      return { code, address };
    },
    async check(holder, typed) {
      let outcome: 'confirmed' | 'wrong' | 'void' = 'void';
      const digest = mailCodeDigest('confirmation', holder.session.uid, typed);
      await store.artifacts
        .update('Confirmation', holder.session.uid, (payload) => {
          const pending = payload as Pending | undefined;
          if (pending === undefined || !isOpen(pending, holder)) throw new VoidError();
          const isRight = timingSafeEqual(Buffer.from(digest), Buffer.from(pending.digest));
          outcome = isRight ? 'confirmed' : 'wrong';
          return isRight
            ? writeOf({ ...pending, attempts: MAX_ATTEMPTS, confirmedAt: now() }, now() + CONFIRMED_LIFETIME)
            : writeOf({ ...pending, attempts: pending.attempts + 1 }, pending.until);
        })
        .catch((error: unknown) => {
          if (!(error instanceof VoidError)) throw error;
          outcome = 'void';
        });
      return outcome;
    },
    async isConfirmed(holder) {
      const pending = (await store.artifacts.find('Confirmation', holder.session.uid)) as Pending | undefined;
      return pending?.confirmedAt !== undefined && isOf(pending, holder);
    },
  };
}

/** @returns seconds to wait, when there were too many */
async function countCode(
  { id, generation }: Holder['account'],
  network: string,
  counters: Pick<Store['counters'], 'add'>,
  now: number,
): Promise<number | undefined> {
  const subject = `confirmations of ${id} ${generation}`;
  for (const [key, limit] of [
    [`${subject} from ${network}`, OF_ONE_NETWORK],
    [subject, OF_ALL_NETWORKS],
  ] as const) {
    const [counted] = await counters.add([{ key, lifetime: WINDOW }]);
    if (counted !== undefined && counted.count > limit) return Math.max(1, counted.endsAt - now);
  }
  return undefined;
}

class VoidError extends Error {}

function writeOf(pending: Pending, expiresAt: number) {
  return { payload: { ...pending }, expiresAt, accountId: pending.accountId };
}

function isOpen(pending: Pending, holder: Holder): boolean {
  return pending.confirmedAt === undefined && pending.attempts < MAX_ATTEMPTS && isOf(pending, holder);
}

/** Not after another address, a new password or the end of all sessions. */
function isOf({ accountId, generation, address }: Pending, { account }: Holder): boolean {
  return account.id === accountId && account.generation === generation && account.claims.email === address;
}
