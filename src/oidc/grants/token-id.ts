import { randomPool } from '../../random-pool.ts';

/** As in the engine's token ids: 32 bytes, 43 characters. */
const nextBytes = randomPool(32, 128);

/** A new random id of a token (`jti`), base64url. Ids are public: they are in the tokens. */
export function newTokenId(): string {
  return nextBytes().toString('base64url');
}
