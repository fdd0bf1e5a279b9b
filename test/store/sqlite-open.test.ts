import assert from 'node:assert/strict';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { StoreOpenError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { accountNamed } from './account-records.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const options = { clock: () => 1_800_000_000_000 };

/** Expects that opening fails with one sentence that names the path, and returns the sentence. */
async function refusal(path: string): Promise<string> {
  let message = '';
  await assert.rejects(openStore(`sqlite:${path}`, options), (error: unknown) => {
    assert.ok(error instanceof StoreOpenError);
    message = error.message;
    return true;
  });
  assert.ok(message.includes(path), message);
  assert.match(message, /: (name|give|restore|start|end|free|check) /, 'the message says what to do');
  assert.doesNotMatch(message, /\n|\.$/);
  return message;
}

async function createDatabase(path: string): Promise<void> {
  const store = await openStore(`sqlite:${path}`, options);
  await store.accounts.create(accountNamed('alice', '1'));
  await store.close();
}

describe('Opening an SQLite store', () => {
  const path = temporaryDirectory();

  it('creates the file and its directories with access for their owner only', async () => {
    const file = path('new/deep/signet.db');
    const store = await openStore(`sqlite:${file}`, options);
    await store.ping();
    const mode = (name: string) => (statSync(name).mode & 0o777).toString(8);
    assert.equal(mode(path('new')), '700');
    assert.equal(mode(path('new/deep')), '700');
    for (const name of [file, `${file}-wal`, `${file}-shm`]) assert.equal(mode(name), '600', name);
    await store.close();
  });

  it('resolves a relative path against the working directory', async () => {
    const before = process.cwd();
    mkdirSync(path('cwd'));
    process.chdir(path('cwd'));
    try {
      const store = await openStore('sqlite:./data/signet.db', options);
      await store.close();
    } finally {
      process.chdir(before);
    }
    assert.ok(statSync(path('cwd/data/signet.db')).size > 0);
  });

  it('succeeds in several processes at once, also the first time', async () => {
    const file = path('together.db');
    const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(`sqlite:${file}`, options)));
    for (const store of stores) await store.ping();
    for (const store of stores) await store.close();
  });

  it('rejects a database of a newer version and does not change it', async () => {
    const file = path('newer.db');
    await createDatabase(file);
    const database = new Database(file, 0);
    database.exec('INSERT INTO schema_version (version, applied_at) VALUES (1000, 0)');
    database.close();
    const bytes = readFileSync(file);
    assert.match(await refusal(file), /newer version of Signet/);
    assert.deepEqual(readFileSync(file), bytes);
  });

  it("rejects another program's database and does not change it", async () => {
    const file = path('foreign.db');
    const database = new Database(file, 0);
    database.exec('CREATE TABLE songs (title TEXT)');
    database.close();
    const bytes = readFileSync(file);
    assert.match(await refusal(file), /another program/);
    assert.deepEqual(readFileSync(file), bytes);
  });

  it('rejects a file that is not a database and does not change it', async () => {
    const file = path('text.db');
    const text = 'issuer: https://op.example\n'.repeat(100);
    writeFileSync(file, text);
    assert.match(await refusal(file), /not an SQLite database/);
    assert.equal(readFileSync(file, 'utf8'), text);
  });

  it('R08 rejects a truncated database', async () => {
    const file = path('truncated.db');
    await createDatabase(file);
    const descriptor = openSync(file, 'r+');
    ftruncateSync(descriptor, 3 * 4096);
    closeSync(descriptor);
    assert.match(await refusal(file), /damaged/);
  });

  it('R08 never creates an empty database in place of a lost one', async () => {
    const file = path('lost.db');
    const store = await openStore(`sqlite:${file}`, options);
    await store.ping();
    const log = readFileSync(`${file}-wal`);
    await store.close();
    rmSync(file);
    writeFileSync(`${file}-wal`, log);
    assert.match(await refusal(file), /is gone/);
    writeFileSync(file, '');
    assert.match(await refusal(file), /is gone/);
    assert.deepEqual(readFileSync(`${file}-wal`), log);
  });

  it('rejects a directory', async () => {
    mkdirSync(path('directory.db'));
    assert.match(await refusal(path('directory.db')), /is not a file/);
  });

  it('R08 rejects a path that cannot be created or written', async () => {
    writeFileSync(path('file'), '');
    assert.match(await refusal(path('file/signet.db')), /cannot be created, read and written/);
    if (process.getuid?.() === 0) return; // root may write everywhere
    mkdirSync(path('sealed'), { mode: 0o500 });
    assert.match(await refusal(path('sealed/signet.db')), /cannot be created, read and written \(EACCES\)/);
  });

  it('rejects other kinds of store without repeating a password', async () => {
    const addresses = ['postgres://hunter2@h', 'hunter2', '', 'sqlite:', 'sqlite://a.db'];
    for (const address of addresses) {
      await assert.rejects(openStore(address, options), (error: unknown) => {
        assert.ok(error instanceof StoreOpenError);
        assert.doesNotMatch(error.message, /hunter2/);
        assert.match(error.message, /sqlite:PATH/);
        return true;
      });
    }
    await assert.rejects(openStore('mysql://host', options), /this version has no mysql store/);
  });
});
