import { type Clock, nowInSeconds } from '../../clock.ts';
import type { ArtifactStore, SigningKeyRecord, SigningKeyStore } from '../../store/store.ts';
import { DEFAULT_ALGORITHM } from '../algorithms.ts';
import { KeySourceError } from '../errors.ts';
import type { KeySource } from '../key-source.ts';
import { signingKeyProblem } from '../key-strength.ts';
import { localSigners } from '../signers/local.ts';
import { byAlgorithm, parseStoredKey, type StoredKey } from '../stored-key.ts';
import { type MasterKeys, MasterKeyError } from './master-key.ts';

/** Seconds for which a process reserves the number of a new key. When it wrote none in that time, another process may. */
const NUMBER_RESERVATION = 10;

/**
 * Keys as records in the store, for many nodes. Each record is sealed with the master key, which the store never sees.
 */
export function storedKeys(
  { signingKeys, artifacts }: { signingKeys: SigningKeyStore; artifacts: Pick<ArtifactStore, 'createOnce'> },
  masterKeys: MasterKeys,
  clock: Clock,
): KeySource {
  const seal = (key: StoredKey): SigningKeyRecord => ({
    kid: key.kid,
    ...(key.alg !== DEFAULT_ALGORITHM && { alg: key.alg }),
    sealed: masterKeys.seal(JSON.stringify(key), contextOf(key.kid)),
    createdAt: key.announcedAt,
  });
  return {
    ...localSigners,
    name: 'the store',
    async read() {
      const keys: StoredKey[] = [];
      for (const record of await signingKeys.list()) {
        const key = openSealedKey(masterKeys, record);
        if (masterKeys.isOutdated(record.sealed)) {
          await signingKeys.update(record.kid, (current) => seal(unseal(masterKeys, current)));
        }
        keys.push(key);
      }
      return keys.sort(byAlgorithm);
    },
    async create(key) {
      const reservedUntil = nowInSeconds(clock) + NUMBER_RESERVATION;
      if (!(await artifacts.createOnce('SigningKeyNumber', numberOf(key), reservedUntil))) return false;
      await signingKeys.put(seal(key));
      return true;
    },
    async change(kid, change) {
      let exists = false;
      let changed: StoredKey | undefined;
      await signingKeys.update(kid, (current) => {
        exists = true;
        changed = change(unseal(masterKeys, current));
        return changed && seal(changed);
      });
      if (!exists) throw new KeySourceError(`there is no key ${kid} in the store`);
      return changed;
    },
    async remove(kid) {
      await signingKeys.remove(kid);
    },
  };
}

/** Processes of version 0.1 reserve the numbers of RS256 under the same names. */
function numberOf({ alg, number }: StoredKey): string {
  return alg === DEFAULT_ALGORITHM ? String(number) : `${alg} ${number}`;
}

/** @throws KeySourceError when the record cannot be opened, or the key is too weak */
export function openSealedKey(
  masterKeys: Pick<MasterKeys, 'open'>,
  record: Pick<SigningKeyRecord, 'kid' | 'sealed'>,
): StoredKey {
  const key = unseal(masterKeys, record);
  const problem = signingKeyProblem(key);
  if (problem !== undefined) throw new KeySourceError(`the signing key ${key.kid} in the store ${problem}`);
  return key;
}

/** Opens a weak key too, so that it can be withdrawn. */
function unseal(
  masterKeys: Pick<MasterKeys, 'open'>,
  { kid, sealed }: Pick<SigningKeyRecord, 'kid' | 'sealed'>,
): StoredKey {
  try {
    return parseStoredKey(masterKeys.open(sealed, contextOf(kid)).toString());
  } catch (error) {
    const reason = error instanceof MasterKeyError ? error.message : 'it is not a private signing key';
    throw new KeySourceError(`the signing key ${kid} in the store cannot be used: ${reason}`);
  }
}

/** Binds a sealed record to its key: it does not open under another `kid`. */
function contextOf(kid: string): string {
  return `signing key ${kid}`;
}
