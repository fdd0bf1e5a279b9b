import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Redis } from 'ioredis';
import * as v from 'valibot';

/** Data that a released version wrote (`fixtures/README.md`). */

const FIXTURES = join(import.meta.dirname, 'fixtures');

const base64 = v.pipe(
  v.string(),
  v.transform((text) => Buffer.from(text, 'base64')),
);
const redisKey = v.intersect([
  v.object({ key: v.string(), pttl: v.optional(v.number()) }),
  v.variant('type', [
    v.object({ type: v.literal('string'), value: base64 }),
    v.object({ type: v.literal('hash'), value: v.array(v.tuple([v.string(), base64])) }),
    v.object({ type: v.literal('zset'), value: v.array(v.tuple([base64, v.number()])) }),
  ]),
]);

const knowledge = v.object({
  at: v.number(),
  issuer: v.string(),
  account: v.object({ id: v.string(), username: v.string(), password: v.string() }),
});

/** Copies the database of 0.1.0. */
export function copyDatabase010(path: string): v.InferOutput<typeof knowledge> {
  copyFileSync(join(FIXTURES, 'sqlite-0.1.0.db'), path);
  return readKnowledge('sqlite-0.1.0.json');
}

/** Writes the keys of a Redis of 0.1.0. */
export async function loadRedis010(client: Redis | Cluster): Promise<v.InferOutput<typeof knowledge>> {
  const lines = readFileSync(join(FIXTURES, 'redis-0.1.0.jsonl'), 'utf8').trimEnd().split('\n');
  for (const line of lines) {
    const record = v.parse(redisKey, JSON.parse(line));
    const { key, pttl } = record;
    if (record.type === 'string') await client.set(key, record.value);
    else if (record.type === 'hash') await client.hset(key, new Map(record.value));
    else await client.zadd(key, ...record.value.flatMap(([member, score]) => [score, member]));
    if (pttl !== undefined) await client.pexpire(key, pttl);
  }
  return readKnowledge('redis-0.1.0.json');
}

function readKnowledge(name: string): v.InferOutput<typeof knowledge> {
  return v.parse(knowledge, JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')));
}
