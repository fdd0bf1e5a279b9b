import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { pairwiseSalt, resealPairwiseSalt } from '../../src/oidc/engine/pairwise-salt.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';

describe('the secret of pairwise subjects', () => {
  const masterKey = randomBytes(32).toString('base64');
  const newKey = randomBytes(32).toString('base64');
  const sealerOf = (key: string) => createSealer({ keys: 'store', masterKey: key });
  let store: Store;
  beforeEach(async () => {
    store = await openStore('sqlite::memory:', { clock: Date.now });
  });
  afterEach(() => store.close());

  it('is one, also when several processes ask for it first', async () => {
    const salts = await Promise.all(
      Array.from({ length: 20 }, () => pairwiseSalt(store.artifacts, sealerOf(masterKey))()),
    );
    assert.equal(new Set(salts.map((salt) => salt.toString('hex'))).size, 1);
    assert.equal(salts[0]?.length, 32);
  });

  it('is the same in another store, after a dump and a load', async () => {
    const directory = makeMemoryDirectory('signet-salt');
    const [one, other] = await Promise.all(
      ['one', 'other'].map((name) => openStore(`sqlite:${directory}/${name}.db`, { clock: Date.now })),
    );
    assert.ok(one && other);
    const salt = await pairwiseSalt(one.artifacts, sealerOf(masterKey))();
    await other.transfer.load(one.transfer.dump());
    assert.deepEqual(await pairwiseSalt(other.artifacts, sealerOf(masterKey))(), salt);
    await Promise.all([one.close(), other.close()]);
    rmSync(directory, { recursive: true });
  });

  it('is sealed again with a new master key, and is the same', async () => {
    assert.equal(await resealPairwiseSalt(store.artifacts, sealerOf(masterKey)), false, 'there is none');
    const salt = await pairwiseSalt(store.artifacts, sealerOf(masterKey))();
    const both = sealerOf(`${newKey},${masterKey}`);
    assert.deepEqual(await pairwiseSalt(store.artifacts, both)(), salt);
    assert.equal(await resealPairwiseSalt(store.artifacts, both), true);
    assert.equal(await resealPairwiseSalt(store.artifacts, both), false);
    assert.deepEqual(await pairwiseSalt(store.artifacts, sealerOf(newKey))(), salt);
  });

  it('is never replaced where its key is lost', async () => {
    const salt = await pairwiseSalt(store.artifacts, sealerOf(masterKey))();
    await assert.rejects(pairwiseSalt(store.artifacts, sealerOf(newKey))(), /cannot be opened/);
    assert.deepEqual(await pairwiseSalt(store.artifacts, sealerOf(masterKey))(), salt);
  });

  it('does not expire', async () => {
    let now = Date.now();
    const later = await openStore('sqlite::memory:', { clock: () => now });
    const salt = await pairwiseSalt(later.artifacts, sealerOf(masterKey))();
    now += 1000 * 365 * 86_400 * 1000;
    assert.deepEqual(await pairwiseSalt(later.artifacts, sealerOf(masterKey))(), salt);
    await later.close();
  });
});
