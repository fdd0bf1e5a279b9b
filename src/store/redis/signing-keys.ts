import type { SigningKeyChange, SigningKeyRecord, SigningKeyStore } from '../store.ts';
import type { Connection } from './connection/connection.ts';
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

  update(kid: string, change: SigningKeyChange): Promise<boolean> {
    return this.#redis.operation(async () => {
      for (;;) {
        const text = await this.#redis.command((client) => client.hget(keys.signingKeys, kid));
        const values = text === null ? undefined : change(JSON.parse(text) as SigningKeyRecord);
        if (text === null || values === undefined) return false;
        const args = [kid, JSON.stringify({ ...values, kid }), text];
        if ((await this.#redis.runDurably('replaceSigningKey', [keys.signingKeys], args)) === 1) return true;
      }
    });
  }

  remove(kid: string): Promise<boolean> {
    return this.#redis.operation(
      async () => (await this.#redis.runDurably('removeSigningKey', [keys.signingKeys], [kid])) === 1,
    );
  }
}
