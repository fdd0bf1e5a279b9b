import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { openKeyRing } from '../../src/signing/ring.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

describe('Signing keys in the store', () => {
  const clock = () => 1_800_000_000_000;
  const key = () => randomBytes(32).toString('base64');
  let store: Store;
  beforeEach(async () => {
    store = await openStore('sqlite::memory:', { clock });
  });
  afterEach(() => store.close());

  it('are sealed, and sealed again after a rotation of the master key', async () => {
    const [old, current] = [key(), key()];
    const ring = await openKeyRing({
      source: storedKeys(store, parseMasterKeys(old), clock),
      clock,
      onCreate: () => {},
    });
    const [record] = await store.signingKeys.list();
    assert.ok(
      !record?.sealed.includes('privateJwk') &&
        !atob(record?.sealed.split('.')[3]?.replaceAll(/[-_]/g, 'A') as string).includes('kty'),
    );
    await assert.rejects(
      storedKeys(store, parseMasterKeys(current), clock).read(),
      /the master key [0-9a-f]{12} is missing/,
    );
    const both = storedKeys(store, parseMasterKeys(`${current},${old}`), clock);
    assert.equal((await openKeyRing({ source: both, clock })).fingerprint, ring.fingerprint);
    const alone = storedKeys(store, parseMasterKeys(current), clock);
    assert.equal((await openKeyRing({ source: alone, clock })).fingerprint, ring.fingerprint, 'sealed again');
  });

  it('are rejected under another kid', async () => {
    const source = storedKeys(store, parseMasterKeys(key()), clock);
    await openKeyRing({ source, clock, onCreate: () => {} });
    const [record] = await store.signingKeys.list();
    assert.ok(record !== undefined);
    await store.signingKeys.remove(record.kid);
    await store.signingKeys.put({ ...record, kid: 'other' });
    await assert.rejects(
      source.read(),
      /the signing key other in the store cannot be used: .*changed, or belongs to another record/,
    );
  });

  it('need a master key of 32 bytes', () => {
    for (const value of ['', 'short', `${key()},short`])
      assert.throws(() => parseMasterKeys(value), /32 bytes in base64/);
  });
});
