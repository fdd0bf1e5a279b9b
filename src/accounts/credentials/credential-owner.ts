import { type Clock, NEVER, nowInSeconds } from '../../clock.ts';
import type { AccountStore, ArtifactStore } from '../../store/store.ts';

/**
 * A credential id belongs to one account (Web Authentication §7.1, step 26). Keys are in the records of accounts, which no index finds by
 * credential id, so a record of its own names the account. It is a hint: whether the account has the key, its record says.
 */

export interface CredentialOwners {
  /** @returns false when the id is that of another account's key */
  claim(credentialId: string, accountId: string): Promise<boolean>;
  release(credentialId: string): Promise<void>;
}

/** Seconds between the claim of an id and the write of its key, at most. */
const PENDING = 60;

export function createCredentialOwners({
  accounts,
  artifacts,
  clock,
}: {
  accounts: Pick<AccountStore, 'find'>;
  artifacts: Pick<ArtifactStore, 'create' | 'find' | 'update' | 'destroy'>;
  clock: Clock;
}): CredentialOwners {
  return {
    async claim(credentialId, accountId) {
      const id = recordId(credentialId);
      const write = { payload: { accountId, at: nowInSeconds(clock) }, expiresAt: NEVER };
      if (await artifacts.create('ReservedName', id, write)) return true;
      const { accountId: owner, at } = (await artifacts.find('ReservedName', id)) ?? {};
      if (owner !== accountId) {
        const hasKey = Object.hasOwn(
          (await accounts.find(String(owner)))?.details?.factors?.passkeys ?? {},
          credentialId,
        );
        if (hasKey || Number(at) + PENDING > nowInSeconds(clock)) return false;
      }
      // Of a key that was never written, or of an account that was removed.
      let isTaken = false;
      await artifacts.update('ReservedName', id, (current) => {
        isTaken = current !== undefined && (current.accountId !== owner || current.at !== at);
        return isTaken ? { payload: current ?? {}, expiresAt: NEVER } : write;
      });
      return !isTaken;
    },
    release: (credentialId) => artifacts.destroy('ReservedName', recordId(credentialId)),
  };
}

function recordId(credentialId: string): string {
  return `credential ${credentialId}`;
}
