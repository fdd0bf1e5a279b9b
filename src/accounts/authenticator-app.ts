import { type Clock, nowInSeconds } from '../clock.ts';
import { SealingError } from '../signing/sealing/errors.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { AccountRecord, AccountStore, ChangeJobs, TotpRecord } from '../store/store.ts';
import { addingFactor, removeFactor, withFactors } from './account-factors.ts';
import { type Account, toAccount } from './accounts.ts';
import type { SeedPresentation } from './credentials/totp.ts';

/**
 * The authenticator app of an account, as it is stored: its seed sealed, and the step of its last code. An account has one; another replaces it.
 *
 *     no app ──beginTotp──▶ seed shown, in the form ──confirmTotp, with a first code──▶ app ──confirmTotp of another seed──▶ replaced
 */
export interface AuthenticatorApp {
  /**
   * A new seed for the person to read. Nothing is stored: the ticket is the sealed seed, which the form sends back.
   * @param issuer name of this service
   */
  beginTotp(account: Holder, issuer: string): Promise<TotpEnrolment>;
  /** The seed of a ticket again, for a form whose code was wrong. @returns undefined for a ticket that has expired, or is another account's */
  resumeTotp(account: Holder, issuer: string, ticket: string): Promise<TotpEnrolment | undefined>;
  /** Stores the seed of a ticket with its first code. An app that the account had is replaced; a first factor ends its sessions. */
  confirmTotp(accountId: string, ticket: string, code: string, jobs?: ChangeJobs): Promise<TotpConfirmation>;
  /**
   * @param options `isAllowed`: of the account as it is without the app; it is called in the step that writes
   * @returns whether there was one
   */
  removeTotp(
    accountId: string,
    options?: {
      isAllowed?: ((without: Pick<AccountRecord, 'claims' | 'details'>) => boolean) | undefined;
      jobs?: ChangeJobs | undefined;
    },
  ): Promise<boolean | 'not allowed'>;
  /**
   * Accepts a code once.
   * @returns undefined for a wrong or repeated code, and for an account without an app
   * @throws SealingError when the sealing key is lost
   */
  verifyTotp(accountId: string, code: string): Promise<{ drift: number; account: Account } | undefined>;
}

type Holder = Pick<Account, 'id' | 'username'>;

export interface TotpEnrolment extends SeedPresentation {
  ticket: string;
}

export type TotpConfirmation =
  /** `replaced`: the account had another app. `drift`: steps by which the clock of the device is off. */
  | { outcome: 'enrolled'; replaced: boolean; drift: number; isFirst: boolean; account: Account }
  | { outcome: 'wrong' }
  /** The ticket has expired or belongs to another account. */
  | { outcome: 'expired' };

/** Seconds to read a seed and type a first code. */
const ENROLMENT_LIFETIME = 1800;
const EXPIRY_BYTES = 4;

/** Loaded at first use: the start does not need it. */
const loadTotp = () => import('./credentials/totp.ts');

export interface AuthenticatorAppOptions {
  accounts: Pick<AccountStore, 'find' | 'update'>;
  sealer: Pick<Sealer, 'seal' | 'open' | 'isOutdated'>;
  clock: Clock;
}

export function createAuthenticatorApp(options: AuthenticatorAppOptions): AuthenticatorApp {
  const { accounts, sealer, clock } = options;
  const tickets = createTickets(sealer, clock);
  const present = async (seed: Buffer, { id, username }: Holder, issuer: string): Promise<TotpEnrolment> => {
    const { presentSeed } = await loadTotp();
    return { ...presentSeed(seed, { issuer, account: username }), ticket: tickets.seal(id, seed) };
  };
  return {
    async beginTotp(account, issuer) {
      const { createSeed } = await loadTotp();
      return await present(createSeed(), account, issuer);
    },
    async resumeTotp(account, issuer, ticket) {
      const seed = tickets.open(account.id, ticket);
      return seed && { ...(await present(seed, account, issuer)), ticket };
    },
    async confirmTotp(accountId, ticket, code, jobs) {
      const { matchFirstCode } = await loadTotp();
      const seed = tickets.open(accountId, ticket);
      if (seed === undefined) return { outcome: 'expired' };
      const at = nowInSeconds(clock);
      const match = matchFirstCode(seed, code, at);
      if (match === undefined) return { outcome: 'wrong' };
      const { step: lastStep, drift } = match;
      const totp: TotpRecord = {
        sealed: sealer.seal('totp', accountId, seed),
        createdAt: at,
        lastStep,
        drift,
      };
      let replaced = false;
      let generation = 0;
      const change = (current: AccountRecord) => {
        replaced = current.details?.factors?.totp !== undefined;
        ({ generation } = current);
        return addingFactor(current, withFactors(current, { totp }).details);
      };
      const changed = await accounts.update(accountId, change, jobs);
      if (changed === undefined) return { outcome: 'expired' };
      const isFirst = changed.generation > generation;
      return { outcome: 'enrolled', replaced, drift, isFirst, account: toAccount(changed) };
    },
    removeTotp: (accountId, removal) => removeFactor(accounts, accountId, 'totp', removal),
    verifyTotp: (accountId, code) => verifyTotp(options, accountId, code),
  };
}

async function verifyTotp(
  { accounts, sealer, clock }: AuthenticatorAppOptions,
  accountId: string,
  code: string,
): Promise<{ drift: number; account: Account } | undefined> {
  const { matchCode } = await loadTotp();
  const totp = (await accounts.find(accountId))?.details?.factors?.totp;
  if (totp === undefined) return undefined;
  const seed = sealer.open('totp', accountId, totp.sealed);
  const lastUsedAt = nowInSeconds(clock);
  const match = matchCode(seed, code, totp, lastUsedAt);
  if (match === undefined) return undefined;
  const { step: lastStep, drift } = match;
  // An old key of the sealer can be removed once nothing is sealed with it.
  const sealed = sealer.isOutdated(totp.sealed) ? sealer.seal('totp', accountId, seed) : totp.sealed;
  const changed = await accounts.update(accountId, (current) => {
    const latest = current.details?.factors?.totp;
    if (latest === undefined || latest.sealed !== totp.sealed || latest.lastStep >= lastStep)
      return undefined;
    return withFactors(current, { totp: { ...latest, sealed, lastStep, drift, lastUsedAt } });
  });
  return changed && { drift, account: toAccount(changed) };
}

/** A seed that is not stored yet, sealed for its account, with an expiry. */
function createTickets(sealer: AuthenticatorAppOptions['sealer'], clock: Clock) {
  return {
    seal(accountId: string, seed: Buffer): string {
      const expiry = Buffer.alloc(EXPIRY_BYTES);
      expiry.writeUInt32BE(nowInSeconds(clock) + ENROLMENT_LIFETIME);
      return sealer.seal('totp enrolment', accountId, Buffer.concat([expiry, seed]));
    },
    open(accountId: string, ticket: string): Buffer | undefined {
      try {
        const content = sealer.open('totp enrolment', accountId, ticket);
        return content.readUInt32BE(0) > nowInSeconds(clock) ? content.subarray(EXPIRY_BYTES) : undefined;
      } catch (error) {
        // A ticket is input: one that was changed, or sealed with a key that was removed since, is no fault of the server.
        if (error instanceof SealingError) return undefined;
        throw error;
      }
    },
  };
}
