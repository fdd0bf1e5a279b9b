import type { PasskeyRecord } from '../../store/store.ts';
import type { Account } from '../accounts.ts';
import type { KeyKind } from './passkey-options.ts';

/** What comes of the answer of a key. */

export interface NewKey {
  kind: KeyKind;
  /** Shown to the person. */
  name: string;
  /** As the browser has posted it. */
  response: string;
  key: string;
}

export interface RefusedKey {
  outcome: 'refused';
  /** `expired`: the page is too old, or was used before. `taken`: the key belongs to an account already. `full`: too many keys. */
  reason: 'invalid' | 'expired' | 'taken' | 'full' | 'gone';
  /** For the log. */
  detail: string;
}

/** A key that no account has yet. */
export type Prepared = { outcome: 'prepared'; credentialId: string; record: PasskeyRecord } | RefusedKey;

/** `isFirst`: the account had no factor, and its sessions have ended. */
export type Added =
  | { outcome: 'added'; account: Account; credentialId: string; isFirst: boolean }
  | RefusedKey;

export function refusal(reason: RefusedKey['reason'], detail: string = reason): RefusedKey {
  return { outcome: 'refused', reason, detail };
}

export type Verified =
  | {
      outcome: 'verified';
      account: Account;
      credentialId: string;
      /** RFC 8176, of this step alone. */
      amr: readonly string[];
    }
  | {
      outcome: 'refused';
      /** For log and audit trail only: the person must not learn which keys exist. */
      reason: 'malformed' | 'challenge' | 'unknown' | 'wrong_signature' | 'repeated' | 'counter' | 'disabled';
      accountId?: string | undefined;
      detail?: string | undefined;
    };
