import type { SigningKeyChange, SigningKeyRecord, SigningKeyStore } from '../store.ts';
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';

const HASHES = [keys.signingKeys, keys.otherSigningKeys];

/** Sealed signing keys, oldest first. Those of RS256 and those of other algorithms are in two hashes. */
export class RedisSigningKeys implements SigningKeyStore {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  put(key: SigningKeyRecord): Promise<void> {
    const hash = key.alg === undefined ? keys.signingKeys : keys.otherSigningKeys;
    return this.#redis.operation(async () => {
      await this.#redis.runDurably('putSigningKey', [hash], [key.kid, JSON.stringify(key)]);
    });
  }

  list(): Promise<SigningKeyRecord[]> {
    return this.#redis.operation(async () => {
      const records = await this.#redis.command((client) =>
        Promise.all(HASHES.map((hash) => client.hvals(hash))),
      );
      return records
        .flat()
        .map((text): SigningKeyRecord => JSON.parse(text))
        .sort((a, b) => a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1));
    });
  }

  update(kid: string, change: SigningKeyChange): Promise<boolean> {
    return this.#redis.replacement(`${keys.signingKeys} ${kid}`, async () => {
      for (const hash of HASHES) if (await this.#updateIn(hash, kid, change)) return true;
      return false;
    });
  }

  remove(kid: string): Promise<boolean> {
    return this.#redis.operation(async () => {
      for (const hash of HASHES) {
        if ((await this.#redis.runDurably('removeSigningKey', [hash], [kid])) === 1) return true;
      }
      return false;
    });
  }

  async #updateIn(hash: string, kid: string, change: SigningKeyChange): Promise<boolean> {
    for (;;) {
      const text = await this.#redis.command((client) => client.hget(hash, kid));
      const values = text === null ? undefined : change(JSON.parse(text) as SigningKeyRecord);
      if (text === null || values === undefined) return false;
      const args = [kid, JSON.stringify({ ...values, kid }), text];
      if ((await this.#redis.runDurably('replaceSigningKey', [hash], args)) === 1) return true;
    }
  }
}
