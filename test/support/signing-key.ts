import type { SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { generateLocalKey } from '../../src/signing/signers/local.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import type { LocalKey } from '../../src/signing/stored-key.ts';

const keys = new Map<SigningAlgorithm, Promise<LocalKey>>();

/**
 * Writes a signing key for each algorithm into a directory: the same keys for every server of this process, because generating an RSA key
 * takes longer than the rest of a server's start.
 */
export async function placeSigningKeys(
  directory: string,
  algorithms: readonly SigningAlgorithm[] = ['RS256'],
): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const starts = { announcedAt: now, signsFrom: now };
  for (const alg of new Set(algorithms)) {
    const key = keys.get(alg) ?? generateLocalKey([], { alg, ...starts });
    keys.set(alg, key);
    await keyFiles(directory).create({ ...(await key), ...starts });
  }
}
