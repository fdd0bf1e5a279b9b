import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readBackup, verifyBackup, writeBackup } from '../../src/cli/backup.ts';
import { loadAll } from '../../src/cli/store.ts';
import { openStore } from '../../src/store/open.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { assertSame, COUNTS, fill } from '../store/transfer-sample.ts';

const NOW = 1_800_000_000;
const clock = () => NOW * 1000;

describe('A backup', () => {
  const path = temporaryDirectory();
  let files = 0;

  before(async () => {
    const store = await openStore(`sqlite:${path('store.db')}`, { clock });
    await fill(store, NOW);
    await writeBackup(path('good'), 'sqlite', new Date(NOW * 1000), store.transfer.dump());
    await store.close();
  });

  const lines = (): string[] =>
    gunzipSync(readFileSync(path('good')))
      .toString()
      .split('\n');
  const fileOf = (content: string | Buffer): string => {
    const file = path(`file-${files++}`);
    writeFileSync(file, content);
    return file;
  };
  const refuses = (content: string | Buffer, message: RegExp) =>
    assert.rejects(verifyBackup(fileOf(content)), message);

  it('restores every record unchanged', async () => {
    const store = await openStore(`sqlite:${path('restored.db')}`, { clock });
    const report = await loadAll(store.transfer, readBackup(path('good')));
    assert.deepEqual(Object.fromEntries(report.map(([type, , { stored }]) => [type, stored])), COUNTS);
    await assertSame(store, NOW);
    await store.close();
  });

  it('is readable by its owner only', () => {
    assert.equal(statSync(path('good')).mode & 0o777, 0o600);
  });

  it('has its format in the first line, and its counts and checksum in the last', () => {
    const [header = '', ...rest] = lines();
    assert.deepEqual(JSON.parse(header), {
      format: 'signet-backup',
      version: 1,
      store: 'sqlite',
      time: '2027-01-15T08:00:00.000Z',
    });
    const trailer: { counts: object } = JSON.parse(rest.at(-2) ?? '');
    assert.deepEqual(trailer.counts, COUNTS);
  });

  it('does not replace a file', async () => {
    const file = fileOf('precious');
    await assert.rejects(
      writeBackup(file, 'sqlite', new Date(), nothing()),
      /exists already: name a new file/,
    );
    assert.equal(readFileSync(file, 'utf8'), 'precious');
  });

  it('leaves no file after a failure', async () => {
    const before = readdirSync(path('.'));
    await assert.rejects(writeBackup(path('failed'), 'sqlite', new Date(), breakOff()), /broke off/);
    assert.deepEqual(readdirSync(path('.')), before);
  });

  it('is rejected when truncated at any position', async () => {
    const whole = readFileSync(path('good'));
    for (let length = 20; length < whole.length; length += 97) {
      await refuses(whole.subarray(0, length), /is damaged or incomplete: nothing of it is restored/);
    }
    await refuses(gzipSync(lines().slice(0, 5).join('\n')), /is damaged or incomplete/);
    await refuses(gzipSync(`${lines().slice(0, 5).join('\n')}\n`), /is damaged or incomplete/);
  });

  it('is rejected when altered at any position', async () => {
    const whole = readFileSync(path('good'));
    // The header of gzip before it has the time and the operating system.
    for (let place = 10; place < whole.length; place += 61) {
      const altered = Buffer.from(whole);
      altered.writeUInt8(altered.readUInt8(place) ^ 0x10, place);
      // The last byte of the compressed data has bits without a meaning.
      if (isSameContent(altered, whole)) continue;
      await refuses(altered, /is damaged or incomplete|is not a backup/);
    }
    const text = lines();
    await refuses(gzipSync(text.join('\n').replace('alice', 'malice')), /is damaged or incomplete/);
    await refuses(gzipSync(text.toSpliced(3, 1).join('\n')), /is damaged or incomplete/);
    await refuses(gzipSync([...text.slice(0, -1), text[3], ''].join('\n')), /is damaged or incomplete/);
  });

  it('is rejected when it is another kind of file, or of a later version', async () => {
    await refuses('some text', /is not a backup of Signet/);
    await refuses('', /is damaged or incomplete/);
    await refuses(gzipSync('some text\n'), /is not a backup of Signet/);
    await refuses(gzipSync('{"format":"other"}\n'), /is not a backup of Signet/);
    const newer = lines().join('\n').replace('"version":1', '"version":2');
    await refuses(gzipSync(newer), /was written by another version of Signet/);
    await assert.rejects(verifyBackup(path('nowhere')), /there is no file/);
    await assert.rejects(verifyBackup(path('.')), /cannot be read \(EISDIR\)/);
  });
});

function isSameContent(file: Buffer, other: Buffer): boolean {
  try {
    return gunzipSync(file).equals(gunzipSync(other));
  } catch {
    return false;
  }
}

async function* nothing(): AsyncGenerator<never> {}

// oxlint-disable-next-line require-yield -- it fails before its first record
async function* breakOff(): AsyncGenerator<never> {
  throw new Error('broke off');
}
