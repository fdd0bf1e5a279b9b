import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SealingError } from '../../src/signing/sealing/errors.ts';
import { createSealer, type Sealer } from '../../src/signing/sealing/sealer.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';

const SECRET = Buffer.from('a secret of thirty-two characters');
const newKey = () => randomBytes(32).toString('base64');

describe('The sealer', () => {
  let parent: string;
  let keys: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'signet-sealing-'));
    keys = join(parent, 'keys');
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  const file = () => join(keys, 'sealing.key');
  const write = (content: string, mode = 0o600) => {
    mkdirSync(keys, { recursive: true });
    writeFileSync(file(), content);
    chmodSync(file(), mode);
  };
  const rejects = (call: () => unknown, message: RegExp) =>
    assert.throws(call, (error: Error) => {
      assert.ok(error instanceof SealingError);
      assert.match(error.message, message);
      return true;
    });

  for (const place of ['a directory', 'the store']) {
    describe(`with keys in ${place}`, () => {
      let sealer: Sealer;
      beforeEach(() => {
        sealer = createSealer(place === 'the store' ? { keys: 'store', masterKey: newKey() } : { keys });
      });

      it('opens for the same purpose and id only', () => {
        const sealed = sealer.seal('client secret', 'web', SECRET);
        assert.deepEqual(sealer.open('client secret', 'web', sealed), SECRET);
        assert.match(sealed, /^[\w.-]+$/);
        assert.notEqual(sealed, sealer.seal('client secret', 'web', SECRET));
        for (const [purpose, id] of [
          ['client secret', 'other'],
          ['client secret', ''],
          ['pairwise salt', 'web'],
        ] as const) {
          rejects(
            () => sealer.open(purpose, id, sealed),
            /cannot be opened: the sealed text was changed, or belongs/,
          );
        }
        assert.equal(sealer.isOutdated(sealed), false);
      });

      it('rejects a text that was changed, shortened or made up', () => {
        const sealed = sealer.seal('client secret', 'web', SECRET);
        const [version, id, nonce, body, tag = ''] = sealed.split('.');
        for (const forged of [
          [version, id, nonce, body, tag.slice(0, 8)],
          [version, id, nonce, body, ''],
          [version, id, nonce, Buffer.from('x').toString('base64url'), tag],
          ['v2', id, nonce, body, tag],
          [version, id],
          [''],
        ]) {
          rejects(
            () => sealer.open('client secret', 'web', forged.join('.')),
            /client secret of "web" cannot be opened/,
          );
        }
      });
    });
  }

  it('makes the key file when something is sealed first, and not before', () => {
    const sealer = createSealer({ keys });
    assert.throws(() => readdirSync(parent + '/keys'), /ENOENT/);
    rejects(
      () => sealer.open('client secret', 'web', 'v1.0.0.0.0'),
      /there is no sealing key \S+sealing\.key; restore it/,
    );
    const sealed = sealer.seal('client secret', 'web', SECRET);
    assert.deepEqual(readdirSync(keys), ['sealing.key']);
    assert.deepEqual(
      [file(), keys].map((path) => statSync(path).mode & 0o777),
      [0o600, 0o700],
    );
    assert.deepEqual(createSealer({ keys }).open('client secret', 'web', sealed), SECRET);
  });

  it('leaves the signing keys alone', async () => {
    createSealer({ keys }).seal('client secret', 'web', SECRET);
    assert.deepEqual(await keyFiles(keys).read(), []);
  });

  it('agrees on one key file when several processes begin at the same moment', async () => {
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(({ createSealer }) => {
        parentPort.on('message', () => {
          parentPort.postMessage(createSealer({ keys: workerData.keys }).seal('client secret', 'web', Buffer.from('x')));
          parentPort.close();
        });
        parentPort.postMessage('ready');
      });`;
    const module = new URL('../../src/signing/sealing/sealer.ts', import.meta.url).href;
    const workers = Array.from(
      { length: 4 },
      () => new Worker(program, { eval: true, workerData: { module, keys } }),
    );
    const next = (worker: Worker) =>
      new Promise<string>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await Promise.all(workers.map(next));
    const sealed = workers.map(next);
    for (const worker of workers) worker.postMessage('seal', []);
    const sealer = createSealer({ keys });
    for (const text of await Promise.all(sealed)) {
      assert.equal(sealer.open('client secret', 'web', text).toString(), 'x');
    }
  });

  it('follows a key file that another process has made or replaced', () => {
    const sealer = createSealer({ keys });
    sealer.seal('client secret', 'web', SECRET);
    rmSync(file());
    const sealed = createSealer({ keys }).seal('client secret', 'web', SECRET);
    assert.deepEqual(sealer.open('client secret', 'web', sealed), SECRET);
    rmSync(file());
    const again = createSealer({ keys }).seal('client secret', 'web', SECRET);
    assert.equal(sealer.seal('client secret', 'web', SECRET).split('.')[1], again.split('.')[1]);
  });

  it('names the file whose key is lost', () => {
    const sealed = createSealer({ keys }).seal('client secret', 'web', SECRET);
    rmSync(file());
    rejects(
      () => createSealer({ keys }).open('client secret', 'web', sealed),
      /there is no sealing key \S+sealing\.key/,
    );
    createSealer({ keys }).seal('client secret', 'other', SECRET);
    rejects(
      () => createSealer({ keys }).open('client secret', 'web', sealed),
      /the client secret of "web" cannot be opened: \S+sealing\.key does not have the key [0-9a-f]{12}; restore it from a backup of/,
    );
  });

  it('rejects a key file that is damaged or that others can read, and never replaces it', () => {
    for (const [content, mode, message] of [
      ['', 0o600, /sealing\.key is not a sealing key; restore it/],
      ['short\n', 0o600, /is not a sealing key/],
      [`${newKey()},\n`, 0o600, /is not a sealing key/],
      [`${newKey()}\n`, 0o640, /sealing\.key can be read by others; run: chmod 600/],
    ] as const) {
      write(content, mode);
      rejects(() => createSealer({ keys }).seal('client secret', 'web', SECRET), message);
      rejects(() => createSealer({ keys }).open('client secret', 'web', 'v1.0.0.0.0'), message);
      assert.equal(readFileSync(file(), 'utf8'), content);
    }
    rmSync(file());
    mkdirSync(file(), { mode: 0o700 });
    rejects(
      () => createSealer({ keys }).seal('client secret', 'web', SECRET),
      /cannot read the sealing key \S+ \(EISDIR\)/,
    );
  });

  it('opens with each of several keys and seals with the first', () => {
    const [old, current] = [newKey(), newKey()];
    const inStore = (masterKey: string) => createSealer({ keys: 'store', masterKey });
    const inFile = (value: string) => {
      write(`${value}\n`);
      return createSealer({ keys });
    };
    for (const open of [inStore, inFile]) {
      const sealed = open(old).seal('client secret', 'web', SECRET);
      const both = open(`${current},${old}`);
      assert.deepEqual(both.open('client secret', 'web', sealed), SECRET);
      assert.equal(both.isOutdated(sealed), true);
      const again = both.seal('client secret', 'web', SECRET);
      assert.equal(both.isOutdated(again), false);
      assert.deepEqual(open(current).open('client secret', 'web', again), SECRET);
      rejects(() => open(current).open('client secret', 'web', sealed), /key [0-9a-f]{12}/);
    }
  });

  it('opens with a master key after the first one what a key file has sealed', () => {
    const sealed = createSealer({ keys }).seal('pairwise salt', 'current', SECRET);
    const masterKey = `${newKey()},${readFileSync(file(), 'utf8')}`;
    const moved = createSealer({ keys: 'store', masterKey });
    assert.deepEqual(moved.open('pairwise salt', 'current', sealed), SECRET);
    assert.deepEqual([moved.isOutdated(sealed), moved.isRotating()], [true, true]);
  });

  it('does not seal with the key that seals signing keys', () => {
    const masterKey = newKey();
    const sealed = createSealer({ keys: 'store', masterKey }).seal('client secret', 'web', SECRET);
    assert.throws(() => parseMasterKeys(masterKey).open(sealed, 'client secret\0web'), /changed, or belongs/);
  });
});
