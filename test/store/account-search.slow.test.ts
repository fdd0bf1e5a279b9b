import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';
import type { AccountRecord, DumpRecord, Store } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { crowd, firstPages, SEARCHES } from './account-crowd.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const ACCOUNTS = LONG ? 1_000_000 : 1000;
const PAGE = 50;
const REPETITIONS = LONG ? 100 : 1;

describe(`Searches in ${ACCOUNTS.toLocaleString('en')} accounts`, function () {
  const timeout = LONG ? 3_600_000 : 60_000;
  this.timeout(timeout);
  const path = temporaryDirectory();
  const expected = firstPages(crowd(ACCOUNTS), PAGE);
  let redis: RedisServer | undefined;
  let store: Store | undefined;
  afterEach(() => store?.close());
  after(() => redis?.stop());

  it('finds the first page of every search in SQLite', async () => {
    store = await openStore(`sqlite:${path('search.db')}`, { clock: Date.now });
    await fill(store, 'SQLite');
    await assertPages(store, 'SQLite', expected);
    await store.close();
    figure(
      `SQLite: ${(statSync(path('search.db')).size / ACCOUNTS).toFixed(0)} bytes of the file for an account`,
    );
  });

  it('finds the first page of every search in Redis, before and after the index is complete', async function () {
    await needRedis(this);
    this.timeout(timeout);
    redis = await startRedis();
    store = await openStore(`redis://127.0.0.1:${redis.port}`, { clock: Date.now });
    await fill(store, 'Redis');
    const { server } = { server: redis };
    const memory = async () => Number(/used_memory:(\d+)/.exec(await server.command('info', 'memory'))?.[1]);
    const withIndex = await memory();
    if (!LONG) await assertPages(store, 'Redis without the index', expected);
    await server.command('del', 'signet:account-index:{accounts}');
    figure(
      `Redis: ${((withIndex - (await memory())) / ACCOUNTS).toFixed(0)} bytes of memory for the index of an account`,
    );
    const begin = performance.now();
    while ((await store.accounts.completeIndex(250)) === 250);
    figure(`Redis: a pass that adds ${ACCOUNTS} accounts to the index, without pauses, ${since(begin)}`);
    await assertPages(store, 'Redis', expected);
  });
});

async function fill(store: Store, name: string): Promise<void> {
  const begin = performance.now();
  await store.transfer.load(toDump(crowd(ACCOUNTS)));
  figure(`${name}: ${ACCOUNTS} accounts loaded, ${since(begin)}`);
}

async function* toDump(accounts: Iterable<AccountRecord>): AsyncGenerator<DumpRecord> {
  for (const account of accounts) yield { type: 'account', account };
}

async function assertPages(
  { accounts }: Store,
  name: string,
  expected: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [title, filter] of Object.entries(SEARCHES)) {
    const times: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const begin = performance.now();
      const page = await accounts.list({ ...filter, limit: PAGE });
      times.push(performance.now() - begin);
      assert.deepEqual(
        page.map(({ username }) => username),
        expected[title],
        `${name}: ${title}`,
      );
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1);
    figure(`${name}: ${title}: ${expected[title]?.length} found, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  }
}

function since(begin: number): string {
  return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
}
