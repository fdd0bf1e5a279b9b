import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBackup, writeBackup } from '../../src/cli/backup.ts';
import { loadAll } from '../../src/cli/store.ts';
import { openStore } from '../../src/store/open.ts';
import type { DumpRecord, Store } from '../../src/store/store.ts';
import { accountNamed } from '../store/account-records.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { eventually } from '../support/eventually.ts';
import { heapUsed } from '../support/heap.ts';
import { LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { Workplace } from './run-signet.ts';
import { isGrantRevoked } from '../store/grant-probe.ts';

describe('signet backup, signet restore and signet store migrate', function () {
  this.timeout(60_000);
  let workplace: Workplace;

  before(() => {
    workplace = new Workplace({ ownProcess: false });
  });
  after(() => workplace.remove());

  it('back up, and restore into an empty store', async () => {
    await workplace.run(['user', 'add', 'maria', '--no-password', '--name', 'Maria']);
    const backedUp = await workplace.run(['backup', 'signet.backup']);
    assert.deepEqual([backedUp.code, backedUp.stderr], [0, '']);
    assert.match(backedUp.stdout, /^accounts +1$/m);
    assert.match(backedUp.stdout, /signing keys in .*keys and the configuration are not part of a backup/);
    const env = { SIGNET_STORE: 'sqlite:./restored.db' };
    const restored = await workplace.run(['restore', 'signet.backup'], { env });
    assert.deepEqual([restored.code, restored.stderr], [0, '']);
    assert.match(restored.stdout, /^accounts +1 +1 +0 +0 +0$/m);
    assert.match(restored.stdout, /^Before the start: put the signing keys and the sealing key/m);
    assert.match((await workplace.run(['user', 'show', 'maria'], { env })).stdout, /Maria/);
  });

  it('reject a target that is not empty, and a missing source', async () => {
    await workplace.refuses(['backup', 'signet.backup'], 1, /^error: signet\.backup exists already/);
    await workplace.refuses(
      ['restore', 'signet.backup'],
      1,
      /^error: the store is not empty: name an empty one\n$/,
    );
    await workplace.refuses(['restore', 'nowhere'], 1, /^error: there is no file nowhere\n$/);
    await workplace.refuses(
      ['store', 'migrate', 'sqlite:./restored.db', 'sqlite:./data/signet.db'],
      1,
      /^error: the store is not empty/,
    );
    await workplace.refuses(['store', 'migrate', 'env:NOWHERE', 'sqlite:./x.db'], 1, /NOWHERE is not set/);
    await workplace.refuses(
      ['store', 'migrate', 'sqlite:./none.db', 'sqlite:./x.db'],
      1,
      /there is no database/,
    );
  });

  it('do not create a store from a damaged file', async () => {
    const env = { SIGNET_STORE: 'sqlite:./never.db' };
    const { code, stderr } = await workplace.run(['restore', 'signet.yaml'], { env });
    assert.deepEqual([code, stderr], [1, 'error: there is no file signet.yaml\n']);
    assert.equal(existsSync(join(workplace.directory, 'never.db')), false);
  });

  it('migrate one store to another', async () => {
    const env = { TARGET: 'sqlite:./migrated.db' };
    const moved = await workplace.run(['store', 'migrate', 'sqlite:./restored.db', 'env:TARGET'], { env });
    assert.deepEqual([moved.code, moved.stderr], [0, '']);
    assert.match(moved.stdout, /^RECORDS +READ +STORED[^]*^accounts +1 +1 +0 +0 +0$/m);
  });

  it('skip a client with a reserved id, with a warning', async () => {
    const source = await openStore(`sqlite:${join(workplace.directory, 'old.db')}`, { clock: Date.now });
    for (const id of ['web', '__proto__']) {
      const metadata = { redirect_uris: ['https://rp.example/cb'] };
      const times = { createdAt: 1, updatedAt: 1 };
      await source.clients.create({ id, instance: id, metadata, secrets: [], source: 'added', ...times });
    }
    await source.close();
    const moved = await workplace.run(['store', 'migrate', 'sqlite:./old.db', 'sqlite:./without.db']);
    assert.deepEqual(
      [moved.code, moved.stderr],
      [0, 'warning: left out the client __proto__: its id is a reserved name\n'],
    );
    assert.match(moved.stdout, /^clients +1 +1 +0 +0 +0$/m);
    const env = { SIGNET_STORE: 'sqlite:./old.db' };
    const removed = await workplace.run(['client', 'remove', '__proto__'], { env });
    assert.deepEqual([removed.code, removed.stderr], [0, '']);
  });
});

/** Acknowledged writes before the backup begins. */
const ENOUGH = LONG ? 2000 : 500;

describe('A backup of a store under writes', function () {
  this.timeout(60_000);
  const path = temporaryDirectory();
  let server: RedisServer;

  before(async function () {
    await needRedis(this);
    server = await startRedis();
  });
  after(() => server?.stop());

  for (const kind of ['SQLite', 'Redis']) {
    it(`contains everything that ${kind} had acknowledged before`, async () => {
      const address = kind === 'SQLite' ? `sqlite:${path('busy.db')}` : `redis://127.0.0.1:${server.port}`;
      const writer = new Writer(address);
      const store = await openStore(address, { clock: Date.now });
      const restored = await openStore(`sqlite:${path(`${kind}-restored.db`)}`, { clock: Date.now });
      try {
        await eventually('enough was written', () => Promise.resolve(writer.lines().length > ENOUGH));
        const acknowledged = writer.lines();
        await writeBackup(path(kind), kind, new Date(), store.transfer.dump());
        const meanwhile = writer.lines().length - acknowledged.length;
        await writer.stop();
        await loadAll(restored.transfer, readBackup(path(kind)));
        const kept = await Promise.all(acknowledged.map((line) => isKept(restored, line)));
        assert.deepEqual(
          acknowledged.filter((_line, index) => !kept[index]),
          [],
        );
        figure(
          `backup of ${kind}: ${acknowledged.length} writes before, ${meanwhile} meanwhile, none before lost`,
        );
      } finally {
        await writer.stop();
        await store.close();
        await restored.close();
      }
    });
  }
});

const MEBIBYTE = 2 ** 20;

describe('A backup of many accounts', function () {
  this.timeout(120_000);
  const path = temporaryDirectory();
  const [COUNT, LENGTH] = LONG ? [20_000, 5000] : [2000, 12_000];
  /** Records between two measurements, each of which collects garbage. */
  const SAMPLE = COUNT / 5;
  /** MiB. The claims alone are 95 MiB, or 23. */
  const LIMIT = 18;

  it('is written and restored in bounded memory', async () => {
    const store = await openStore(`sqlite:${path('many.db')}`, { clock: Date.now });
    const restored = await openStore(`sqlite:${path('many-restored.db')}`, { clock: Date.now });
    try {
      await store.transfer.load(manyAccounts(COUNT, LENGTH));
      const used = () => heapUsed() + process.memoryUsage().external / MEBIBYTE;
      const before = used();
      let most = 0;
      const watched = async function* (records: AsyncIterable<DumpRecord>): AsyncGenerator<DumpRecord> {
        let n = 0;
        for await (const record of records) {
          if (++n % SAMPLE === 0) most = Math.max(most, used() - before);
          yield record;
        }
      };
      await writeBackup(path('many'), 'sqlite', new Date(), watched(store.transfer.dump()));
      const report = await loadAll(restored.transfer, watched(readBackup(path('many'))));
      const accounts = report.find(([type]) => type === 'account');
      assert.equal(accounts?.[2].stored, COUNT);
      assert.ok(most < LIMIT, `${most} MiB`);
      figure(`backup and restore of ${COUNT} accounts: ${Math.round(most)} MiB more memory at most`);
    } finally {
      await store.close();
      await restored.close();
    }
  });
});

async function* manyAccounts(count: number, length: number): AsyncGenerator<DumpRecord> {
  const claims = { about: 'x'.repeat(length) };
  for (let n = 0; n < count; n++)
    yield { type: 'account', account: { ...accountNamed(`person-${n}`), claims } };
}

/** A process that writes until it is stopped. */
class Writer {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  constructor(address: string) {
    const script = join(import.meta.dirname, '../store/writing-child.ts');
    this.#child = fork(script, [address], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** Acknowledged writes so far. */
  lines(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

/** Whether the effect of a line of the writer is in the store. Later lines may have added to it. */
async function isKept({ artifacts }: Store, line: string): Promise<boolean> {
  const [what, id = ''] = line.split(' ');
  const found = await artifacts.find('RefreshToken', id);
  if (what === 'once') return !(await artifacts.createOnce('ReplayDetection', id, 2 ** 40));
  if (what === 'revoked') return found === undefined && isGrantRevoked(artifacts, id);
  if (what === 'consumed') return found?.consumed !== undefined;
  return found?.id === id || isGrantRevoked(artifacts, id);
}
