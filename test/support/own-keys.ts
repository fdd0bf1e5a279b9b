import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { openKeySource } from '../../src/signing/sources/open.ts';
import { openStore } from '../../src/store/open.ts';
import type { TestServer } from './server.ts';

/** Signs a JWT with the server's own key for an algorithm, as only the server can. */
export async function signAsServer(
  { config }: Pick<TestServer, 'config'>,
  alg: SigningAlgorithm,
  claims: JWTPayload,
  typ = 'at+jwt',
): Promise<string> {
  const store = await openStore(config.store, { clock: Date.now });
  const keys = await openKeySource(config, store, Date.now).read();
  await store.close();
  const key = keys.find((each) => each.alg === alg);
  if (key === undefined || !('privateJwk' in key)) throw new Error(`the server has no ${alg} key of its own`);
  return await new SignJWT(claims)
    .setProtectedHeader({ alg, typ, kid: key.kid })
    .sign(await importJWK(key.privateJwk, alg));
}
