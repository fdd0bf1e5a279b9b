import { type Clock, nowInSeconds } from '../../clock.ts';
import type { RelyingParty } from '../../config/relying-party.ts';
import type { AccountChange, AccountRecord, ChangeJobs, Store } from '../../store/store.ts';
import { addingFactor } from '../account-factors.ts';
import { type Account, toAccount } from '../accounts.ts';
import { createCredentialOwners } from './credential-owner.ts';
import { decoyKey } from './decoy-key.ts';
import { noteDomain } from './passkey-domains.ts';
import { createChallenge, readChallenge } from './passkey-challenge.ts';
import {
  type CreationOptions,
  creationOptions,
  type KeyKind,
  type KeyOwner,
  type RequestOptions,
  secondFactorOptions,
  signInOptions,
} from './passkey-options.ts';
import { type Added, type NewKey, type Prepared, refusal, type Verified } from './passkey-results.ts';
import { findPasskey, withoutPasskey, withPasskey } from './passkey-records.ts';
import { type ParsedAuthentication, parseAuthentication, parseRegistration } from './passkey-response.ts';
import { PasskeyError, type UsedKey, verifyNewKey, verifySignature } from './passkey-verification.ts';

/**
 * Passkeys and security keys (Web Authentication Level 3). A page asks a browser with options that have a challenge, the browser posts what
 * the key has answered, and the answer is accepted once.
 *
 *     options ──▶ browser ──▶ key ──▶ response ──▶ challenge of this interaction or session? ──▶ signature, origin, domain, user
 *                                                      └──▶ never accepted before? ──▶ record of the account: counter, time
 *
 * `key` in the members below is the secret that challenges are derived from (`passkey-challenge.ts`).
 */
export interface Passkeys {
  creationOptions(account: KeyOwner, kind: KeyKind, key: string): CreationOptions;
  signInOptions(key: string): RequestOptions;
  secondFactorOptions(account: Account, key: string): RequestOptions;
  /** Checks the key that a browser has made, for an account that is about to be made with it. */
  prepare(accountId: string, attempt: NewKey): Promise<Prepared>;
  /** Adds the key that a browser has made. A first factor ends the sessions of the account. */
  add(accountId: string, attempt: NewKey, jobs?: ChangeJobs): Promise<Added>;
  /** Who signs in with a passkey alone. */
  signIn(response: string, key: string): Promise<Verified>;
  /** Whether a person with a right password has the key of this account. */
  verifySecondFactor(accountId: string, response: string, key: string): Promise<Verified>;
  /** @returns undefined when there is no such key */
  rename(accountId: string, credentialId: string, name: string): Promise<Account | undefined>;
  /**
   * @param isAllowed of the account as it is without the key; it is called in the step that writes
   * @returns the name of the removed key; undefined when there is no such key
   */
  remove(
    accountId: string,
    credentialId: string,
    isAllowed: (without: Account) => boolean,
    jobs?: ChangeJobs,
  ): Promise<{ name: string; kind: KeyKind } | 'not allowed' | undefined>;
}

/** Keys of one account. */
export const MAX_PASSKEYS = 20;

export interface PasskeysOptions {
  store: Pick<Store, 'accounts' | 'artifacts'>;
  relyingParty: RelyingParty;
  /** Seconds between the page and its answer. */
  challengeLifetime: number;
  clock: Clock;
}

export function createPasskeys(options: PasskeysOptions): Passkeys {
  return new StoredPasskeys(options);
}

class StoredPasskeys implements Passkeys {
  readonly #store: PasskeysOptions['store'];
  readonly #party: RelyingParty;
  readonly #lifetime: number;
  readonly #clock: Clock;

  constructor({ store, relyingParty, challengeLifetime, clock }: PasskeysOptions) {
    this.#store = store;
    this.#party = relyingParty;
    this.#lifetime = challengeLifetime;
    this.#clock = clock;
  }

  creationOptions(account: KeyOwner, kind: KeyKind, key: string): CreationOptions {
    return creationOptions(account, kind, this.#party, this.#challenge(key));
  }

  signInOptions(key: string): RequestOptions {
    return signInOptions(this.#party, this.#challenge(key));
  }

  secondFactorOptions(account: Account, key: string): RequestOptions {
    return secondFactorOptions(account, this.#party, this.#challenge(key));
  }

  async prepare(accountId: string, { kind, name, response, key }: NewKey): Promise<Prepared> {
    const parsed = parseRegistration(response);
    if (parsed === undefined) return refusal('invalid', 'malformed');
    if (!this.#isCurrent(key, parsed.challenge)) return refusal('expired', 'challenge');
    const isPasskey = kind === 'passkey';
    const checked = await caught(() => verifyNewKey(parsed, this.#party, { mustVerifyUser: isPasskey }));
    if (checked instanceof PasskeyError) return refusal('invalid', checked.message);
    if (!(await this.#useOnce(parsed.challenge))) return refusal('expired', 'repeated');
    const { accounts, artifacts } = this.#store;
    const owners = createCredentialOwners({ accounts, artifacts, clock: this.#clock });
    const { id: credentialId, publicKey, counter, isBackedUp } = checked;
    if (!(await owners.claim(credentialId, accountId))) return refusal('taken');
    await noteDomain(artifacts, this.#party);
    const { rpId } = this.#party;
    const createdAt = nowInSeconds(this.#clock);
    const { transports = [] } = parsed.response;
    const record = { name, publicKey, counter, transports, isPasskey, isBackedUp, rpId, createdAt };
    return { outcome: 'prepared', credentialId, record };
  }

  async add(accountId: string, attempt: NewKey, jobs?: ChangeJobs): Promise<Added> {
    const prepared = await this.prepare(accountId, attempt);
    if (prepared.outcome === 'refused') return prepared;
    const { credentialId } = prepared;
    let reason: 'taken' | 'full' | 'gone' = 'gone';
    let generation = 0;
    const change: AccountChange = (current) => {
      reason = reasonAgainst(current, credentialId) ?? 'gone';
      if (reason !== 'gone' || current.disabled) return undefined;
      ({ generation } = current);
      return addingFactor(current, withPasskey(current, credentialId, prepared.record));
    };
    const record = await this.#store.accounts.update(accountId, change, jobs);
    if (record === undefined) return refusal(reason);
    const isFirst = record.generation > generation;
    return { outcome: 'added', account: toAccount(record), credentialId, isFirst };
  }

  async signIn(response: string, key: string): Promise<Verified> {
    const parsed = parseAuthentication(response);
    if (parsed === undefined) return { outcome: 'refused', reason: 'malformed' };
    const { userHandle = '' } = parsed.response;
    const accountId = Buffer.from(userHandle, 'base64url').toString();
    const verified = await this.#verify(parsed, accountId, { key, alone: true });
    return verified.outcome === 'verified' ? { ...verified, amr: [...verified.amr, 'mfa'] } : verified;
  }

  async verifySecondFactor(accountId: string, response: string, key: string): Promise<Verified> {
    const parsed = parseAuthentication(response);
    if (parsed === undefined) return { outcome: 'refused', reason: 'malformed', accountId };
    const { userHandle } = parsed.response;
    const isForOther =
      userHandle !== undefined && Buffer.from(userHandle, 'base64url').toString() !== accountId;
    if (isForOther) return { outcome: 'refused', reason: 'unknown', accountId };
    return await this.#verify(parsed, accountId, { key, alone: false });
  }

  async rename(accountId: string, credentialId: string, name: string): Promise<Account | undefined> {
    const record = await this.#store.accounts.update(accountId, (current) => {
      const passkey = findPasskey(current, credentialId);
      return passkey && { details: withPasskey(current, credentialId, { ...passkey, name }) };
    });
    return record && toAccount(record);
  }

  async remove(
    accountId: string,
    credentialId: string,
    isAllowed: (without: Account) => boolean,
    jobs?: ChangeJobs,
  ): Promise<{ name: string; kind: KeyKind } | 'not allowed' | undefined> {
    const { accounts, artifacts } = this.#store;
    let removed: { name: string; kind: KeyKind } | 'not allowed' | undefined;
    const change: AccountChange = (current) => {
      const passkey = findPasskey(current, credentialId);
      removed = undefined;
      if (passkey === undefined) return undefined;
      const details = withoutPasskey(current, credentialId);
      const allowed = isAllowed(toAccount({ ...current, details }));
      removed = allowed
        ? { name: passkey.name, kind: passkey.isPasskey ? 'passkey' : 'security_key' }
        : 'not allowed';
      return allowed ? { details } : undefined;
    };
    await accounts.update(accountId, change, jobs);
    if (typeof removed === 'object') {
      await createCredentialOwners({ accounts, artifacts, clock: this.#clock }).release(credentialId);
    }
    return removed;
  }

  /** @param settings.alone without a password before */
  async #verify(
    response: ParsedAuthentication,
    accountId: string,
    { key, alone }: { key: string; alone: boolean },
  ): Promise<Verified> {
    if (!this.#isCurrent(key, response.challenge)) return { outcome: 'refused', reason: 'challenge' };
    const account = await this.#store.accounts.find(accountId);
    const passkey = account && usableKey(account, response.id, { alone });
    const known = { accountId: account?.id };
    // Also for an unknown key, so that the answer takes the same time.
    const { publicKey = decoyKey() } = passkey ?? {};
    const used = await caught(() =>
      verifySignature(response, { publicKey }, this.#party, { mustVerifyUser: alone }),
    );
    if (account === undefined || passkey === undefined)
      return { outcome: 'refused', reason: 'unknown', ...known };
    if (used instanceof PasskeyError)
      return { outcome: 'refused', reason: 'wrong_signature', ...known, detail: used.message };
    if (!(await this.#useOnce(response.challenge)))
      return { outcome: 'refused', reason: 'repeated', ...known };
    return await this.#recordUse(account.id, response.id, used, alone);
  }

  /** Compares the counter in the step that writes it, so that of two uses with the same counter one is refused. */
  async #recordUse(
    accountId: string,
    credentialId: string,
    { counter, isBackedUp }: UsedKey,
    alone: boolean,
  ): Promise<Verified> {
    let reason: 'unknown' | 'disabled' | 'counter' = 'unknown';
    const record = await this.#store.accounts.update(accountId, (current) => {
      reason = 'unknown';
      const passkey = usableKey(current, credentialId, { alone });
      if (passkey === undefined) return undefined;
      reason = current.disabled ? 'disabled' : 'counter';
      // A key without a counter always says 0 (§6.1.1).
      const isCopied = (counter > 0 || passkey.counter > 0) && counter <= passkey.counter;
      if (current.disabled || isCopied) return undefined;
      const lastUsedAt = nowInSeconds(this.#clock);
      return {
        details: withPasskey(current, credentialId, { ...passkey, counter, isBackedUp, lastUsedAt }),
      };
    });
    return record === undefined
      ? { outcome: 'refused', reason, accountId }
      : {
          outcome: 'verified',
          account: toAccount(record),
          credentialId,
          amr: [isBackedUp ? 'swk' : 'hwk', 'user'],
        };
  }

  #challenge(key: string): string {
    return createChallenge(key, nowInSeconds(this.#clock));
  }

  #isCurrent(key: string, challenge: string): boolean {
    const madeAt = readChallenge(key, challenge);
    return madeAt !== undefined && madeAt + this.#lifetime > nowInSeconds(this.#clock);
  }

  /** Of all callers in all processes, one gets true. The mark outlives the challenge. */
  async #useOnce(challenge: string): Promise<boolean> {
    const until = nowInSeconds(this.#clock) + this.#lifetime;
    return await this.#store.artifacts.createOnce('ReplayDetection', `passkey ${challenge}`, until);
  }
}

function reasonAgainst(account: AccountRecord, credentialId: string): 'taken' | 'full' | undefined {
  if (findPasskey(account, credentialId) !== undefined) return 'taken';
  const count = Object.keys(account.details?.factors?.passkeys ?? {}).length;
  return count >= MAX_PASSKEYS ? 'full' : undefined;
}

/** A security key does not sign in alone: it may have no user verification. */
function usableKey(account: AccountRecord, credentialId: string, { alone }: { alone: boolean }) {
  const passkey = findPasskey(account, credentialId);
  return alone && passkey?.isPasskey !== true ? undefined : passkey;
}

async function caught<Result>(work: () => Promise<Result>): Promise<Result | PasskeyError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PasskeyError) return error;
    throw error;
  }
}
