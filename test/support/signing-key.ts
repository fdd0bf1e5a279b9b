import { generateLocalKey } from '../../src/signing/signers/local.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import type { LocalKey } from '../../src/signing/stored-key.ts';

let key: Promise<LocalKey> | undefined;

/**
 * Writes a signing key into a directory: the same key for every server of this process, because generating an RSA key takes longer than
 * the rest of a server's start.
 */
export async function placeSigningKey(directory: string): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const starts = { alg: 'RS256', announcedAt: now, signsFrom: now } as const;
  key ??= generateLocalKey([], starts);
  await keyFiles(directory).create({ ...(await key), ...starts });
}
