import type { ArtifactStore, SigningKeyStore } from '../store/store.ts';
import { type KeySource, KeySourceError } from './key-source.ts';
import { type MasterKeys, MasterKeyError } from './master-key.ts';
import { openLocally } from './signing-key.ts';
import { generateStoredKey, parseStoredKey, type StoredKey } from './stored-key.ts';

/** Signing keys as records in the store, for many nodes: each sealed with the master key, which no store ever sees. */

/** Seconds within which the winner of a number has written its key; after that, another may try. */
const CLAIM = 10;

/** @param clock epoch milliseconds */
export function storedKeys(
  { signingKeys, artifacts }: { signingKeys: SigningKeyStore; artifacts: Pick<ArtifactStore, 'createOnce'> },
  masterKeys: MasterKeys,
  clock: () => number,
): KeySource {
  const put = (key: StoredKey) =>
    signingKeys.put({
      kid: key.kid,
      sealed: masterKeys.seal(JSON.stringify(key), contextOf(key.kid)),
      createdAt: key.announcedAt,
    });
  return {
    name: 'the store',
    make: generateStoredKey,
    open: openLocally,
    async read() {
      const keys: StoredKey[] = [];
      for (const record of await signingKeys.list()) {
        const key = openSealedKey(masterKeys, record);
        if (masterKeys.isOutdated(record.sealed)) await put(key);
        keys.push(key);
      }
      return keys.sort((a, b) => a.number - b.number);
    },
    async create(key) {
      const claimed = await artifacts.createOnce(
        'SigningKeyNumber',
        String(key.number),
        Math.floor(clock() / 1000) + CLAIM,
      );
      if (!claimed) return false;
      await put(key);
      return true;
    },
    replace: put,
    async remove(kid) {
      await signingKeys.remove(kid);
    },
  };
}

function contextOf(kid: string): string {
  return `signing key ${kid}`;
}

/** @throws KeySourceError */
export function openSealedKey(
  masterKeys: Pick<MasterKeys, 'open'>,
  { kid, sealed }: { kid: string; sealed: string },
): StoredKey {
  try {
    return parseStoredKey(masterKeys.open(sealed, contextOf(kid)));
  } catch (error) {
    const why = error instanceof MasterKeyError ? error.message : 'it is not a private signing key';
    throw new KeySourceError(`the signing key ${kid} in the store cannot be used: ${why}`);
  }
}
