import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import type { TestServer } from './server.ts';

/** Signs a JWT with the server's own key for an algorithm, as only the server can. */
export async function signAsServer(
  { config }: Pick<TestServer, 'config'>,
  alg: SigningAlgorithm,
  claims: JWTPayload,
  typ = 'at+jwt',
): Promise<string> {
  const key = (await keyFiles(config.keys).read()).find((each) => each.alg === alg);
  if (key === undefined || !('privateJwk' in key)) throw new Error(`the server has no ${alg} key in a file`);
  return await new SignJWT(claims)
    .setProtectedHeader({ alg, typ, kid: key.kid })
    .sign(await importJWK(key.privateJwk, alg));
}
