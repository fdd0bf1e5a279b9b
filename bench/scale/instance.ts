import { spawnSync } from 'node:child_process';
import type { Bench } from '../bench.ts';
import { HttpClient } from '../client/http.ts';
import type { Program } from '../machine/processes.ts';
import type { ScaleSide } from '../report/scale.ts';
import { CONNECTIONS, issuerOf, newSite, type Target } from '../servers/contestant.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { signetWith, sqliteStore } from '../servers/signet.ts';
import { describe, type Population, populate, someClientIds, someUsernames } from './population.ts';

/** A server with a store of a certain size, not yet started. */

/** The same on both sides. */
const ACTIVE_CLIENTS = 1000;
const ACTIVE_PEOPLE = 64;

export const MEBIBYTE = 1024 * 1024;

export interface Instance extends Target {
  program: Program;
  clientIds: readonly string[];
  /** Its store, where that is a process of its own. */
  redis: Redis | undefined;
}

export type Instances = Readonly<Record<ScaleSide, Instance>>;

/** @returns with a store of its own, filled */
export async function newInstance(
  bench: Bench,
  kind: 'SQLite' | 'Redis',
  size: Population,
): Promise<Instance> {
  bench.say(`${kind} with ${describe(size)}: filling`);
  // Beside the load generator, as on a machine of its own.
  const redis = kind === 'Redis' ? await startRedis(bench.scaleCores?.generator) : undefined;
  const contestant = signetWith(redis === undefined ? {} : { store: redis.address });
  const site = await newSite(contestant, bench.makeDirectory(`growth-${size.accounts}`));
  await populate(redis?.address ?? sqliteStore(site), size);
  // Pending writes must not disturb the measurement.
  spawnSync('sync');
  const issuer = issuerOf(site);
  return {
    issuer,
    program: contestant.authorizationServer(site),
    http: new HttpClient(issuer, CONNECTIONS),
    usernames: someUsernames(size, ACTIVE_PEOPLE),
    clientIds: someClientIds(size, ACTIVE_CLIENTS),
    people: undefined,
    redis,
  };
}
