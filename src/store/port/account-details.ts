/**
 * What an account has beside its name, password and claims. A store keeps it as one JSON text: it is read with the account, and changed with
 * it in one atomic step. Each member belongs to one module of `accounts/`.
 */
export interface AccountDetails {
  factors?: AccountFactors | undefined;
  /** Owned by `accounts/terms.ts`. */
  terms?: AcceptedTerms | undefined;
  /** When the password was set, in epoch seconds; absent for one of an earlier version. Owned by `accounts/accounts.ts`. */
  passwordSetAt?: number | undefined;
  /** An address that is not confirmed yet. Owned by `accounts/recovery/email-change.ts`. */
  emailRequest?: EmailRequestRecord | undefined;
  deletion?: DeletionRecord | undefined;
  /** Changes of the email address that can still be undone, the oldest first. Owned by `accounts/recovery/email-change.ts`. */
  emailChanges?: readonly EmailChangeRecord[] | undefined;
  /** A lost second factor that is to be removed. Owned by `accounts/recovery/lost-factor.ts`. */
  recovery?: RecoveryRecord | undefined;
}

/** The terms that the person has accepted last. */
export interface AcceptedTerms {
  version: string;
  /** Epoch seconds. */
  at: number;
}

/** The person has asked for the removal of the account. Owned by `accounts/deletion.ts`. Times are epoch seconds. */
export interface DeletionRecord {
  requestedAt: number;
  /** When it is removed; until then it can be kept. */
  at: number;
}

/** The latest link to a new address. */
export interface EmailRequestRecord {
  email: string;
  /** Of the account: a higher one voids the link. */
  generation: number;
  /** When the link expires; epoch seconds. */
  until: number;
}

/** What an undone change of the email address restores. Times are epoch seconds. */
export interface EmailChangeRecord {
  /** Random, in the link that undoes it. */
  id: string;
  at: number;
  /** When the link expires. */
  until: number;
  /** Before the change. */
  email: string;
  username: string;
  factors: AccountFactors | undefined;
}

/** Times are epoch seconds. */
export interface RecoveryRecord {
  /** Random, in the links. */
  id: string;
  /** Of the account: a new password voids the recovery. */
  generation: number;
  requestedAt: number;
  /** When the factors can be removed. */
  readyAt: number;
}

/** Authenticators beside the password. Owned by `accounts/credentials/`. */
export interface AccountFactors {
  totp?: TotpRecord | undefined;
  /** Passkeys and security keys by credential id (base64url). */
  passkeys?: Readonly<Record<string, PasskeyRecord>> | undefined;
  recoveryCodes?: RecoveryCodesRecord | undefined;
}

/** An authenticator app (RFC 6238). Times are epoch seconds. */
export interface TotpRecord {
  /** The seed, sealed. */
  sealed: string;
  createdAt: number;
  lastUsedAt?: number | undefined;
  /** The time step of the last code that was accepted: no code of it, or of an earlier one, is accepted again. */
  lastStep: number;
  /** Steps by which the clock of the device was off at the last code. */
  drift: number;
  /** Of an app that was enrolled in another system; absent for six digits every 30 seconds with SHA-1. */
  code?: TotpCode | undefined;
}

/** How an authenticator app makes its codes. */
export interface TotpCode {
  algorithm: 'SHA1' | 'SHA256' | 'SHA512';
  digits: number;
  /** Seconds of a step. */
  period: number;
}

/** A public key credential (Web Authentication Level 3). Times are epoch seconds. */
export interface PasskeyRecord {
  /** Given by the person. */
  name: string;
  /** COSE key, base64url. */
  publicKey: string;
  /** Signature counter; some authenticators leave it at 0. */
  counter: number;
  transports?: readonly string[] | undefined;
  /** A passkey signs in alone: it is discoverable and verifies its user. Another key is a second factor only. */
  isPasskey: boolean;
  /** Whether the key is synchronised between devices. */
  isBackedUp: boolean;
  rpId: string;
  createdAt: number;
  lastUsedAt?: number | undefined;
}

/** Times are epoch seconds. */
export interface RecoveryCodesRecord {
  createdAt: number;
  /** Of the codes that were not used yet. */
  digests: readonly string[];
}
