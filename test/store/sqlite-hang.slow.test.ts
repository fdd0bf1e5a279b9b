import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { temporaryDirectory } from './temporary-directory.ts';

describe('A disk that hangs', () => {
  const path = temporaryDirectory();

  it('makes writes fail in time, and the store continues when the disk does', async () => {
    const database = new Database(path('hanging.db'), 0);
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT)');
    const disk = Promise.withResolvers<void>();
    const events: string[] = [];
    const connection = new Connection(database, {
      sync: () => disk.promise,
      writeAgain: () => {},
      close: () => events.push('log closed'),
    });
    const insert = connection.prepare("INSERT INTO notes VALUES ('x')");
    const write = () => connection.write(() => insert.run());
    const first = assert.rejects(write(), StoreUnavailableError);
    await turn();
    await turn();
    await Promise.all([first, assert.rejects(write(), StoreUnavailableError)]);
    const third = write();
    disk.resolve();
    assert.equal(await third, 1);
    await connection.close();
    assert.deepEqual(events, ['log closed']);
  });
});
