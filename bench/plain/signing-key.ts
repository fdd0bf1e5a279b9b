import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** The RSA-2048 key of the plain server: made at the first start, read at the next. */
export async function loadSigningKey(directory: string): Promise<JWK> {
  const path = join(directory, 'signing-key.json');
  if (!existsSync(path)) {
    const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
    const made: JWK = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'plain' };
    writeFileSync(path, JSON.stringify(made), { mode: 0o600 });
  }
  const key: JWK = JSON.parse(readFileSync(path, 'utf8'));
  return key;
}
