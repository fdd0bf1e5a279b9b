import { randomUUID } from 'node:crypto';
import type { StoreIdentity } from '../store.ts';
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';

/** The identity of the store: the time of its creation and a random id, under a key that never expires. */

export async function readIdentity(redis: Connection): Promise<StoreIdentity | undefined> {
  const text = await redis.command((client) => client.get(keys.identity));
  const [createdAt, id] = text?.split(' ') ?? [];
  return createdAt === undefined || id === undefined ? undefined : { id, createdAt: Number(createdAt) };
}

/**
 * Gives the store an identity unless it has one. Of several processes that start at once, the first one wins.
 * @param now epoch seconds
 */
export async function createIdentity(redis: Connection, now: number): Promise<void> {
  await redis.send((client) => client.set(keys.identity, `${now} ${randomUUID()}`, 'NX'));
}
