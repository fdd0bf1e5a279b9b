import type { AccountDetails, PasskeyRecord } from '../../store/store.ts';
import { withoutOrphanedCodes } from '../account-factors.ts';

/** The keys in the record of an account. */

type WithDetails = { readonly details?: AccountDetails | undefined };

/** A key as pages and commands show it. Times are epoch seconds. */
export interface PasskeyInfo
  extends Pick<PasskeyRecord, 'name' | 'isPasskey' | 'rpId' | 'createdAt' | 'lastUsedAt'> {
  /** Credential id. */
  readonly id: string;
}

/** The one used last first. */
export function passkeysOf({ details }: WithDetails): PasskeyInfo[] {
  return Object.entries(details?.factors?.passkeys ?? {})
    .map(([id, { name, isPasskey, rpId, createdAt, lastUsedAt }]) => ({
      id,
      name,
      isPasskey,
      rpId,
      createdAt,
      lastUsedAt,
    }))
    .toSorted((a, b) => (b.lastUsedAt ?? b.createdAt) - (a.lastUsedAt ?? a.createdAt));
}

export function findPasskey({ details }: WithDetails, id: string): PasskeyRecord | undefined {
  const passkeys = details?.factors?.passkeys ?? {};
  return Object.hasOwn(passkeys, id) ? passkeys[id] : undefined;
}

export function withPasskey({ details }: WithDetails, id: string, passkey: PasskeyRecord): AccountDetails {
  const { factors } = details ?? {};
  return { ...details, factors: { ...factors, passkeys: { ...factors?.passkeys, [id]: passkey } } };
}

export function withoutPasskey({ details }: WithDetails, id: string): AccountDetails {
  const { passkeys = {}, ...factors } = details?.factors ?? {};
  const { [id]: _removed, ...others } = passkeys;
  const kept = { ...factors, ...(Object.keys(others).length > 0 && { passkeys: others }) };
  return { ...details, factors: withoutOrphanedCodes(kept) };
}
