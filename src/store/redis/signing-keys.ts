import type { SigningKeyRecord, SigningKeyStore } from '../store.ts';
import type { Connection } from './connection.ts';
import { keys } from './keys.ts';

/** Sealed signing keys, oldest first. */
export class RedisSigningKeys implements SigningKeyStore {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  put(key: SigningKeyRecord): Promise<void> {
    return this.#redis.operation(async () => {
      await this.#redis.runDurably('putSigningKey', [keys.signingKeys], [key.kid, JSON.stringify(key)]);
    });
  }

  list(): Promise<SigningKeyRecord[]> {
    return this.#redis.operation(async () => {
      const records = await this.#redis.command((client) => client.hvals(keys.signingKeys));
      return records
        .map((text): SigningKeyRecord => JSON.parse(text))
        .sort((a, b) => a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1));
    });
  }

  remove(kid: string): Promise<boolean> {
    return this.#redis.operation(
      async () => (await this.#redis.runDurably('removeSigningKey', [keys.signingKeys], [kid])) === 1,
    );
  }
}
