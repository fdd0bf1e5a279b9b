import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeKeys } from '../../src/signing/key-list.ts';
import type { KeySource } from '../../src/signing/key-source.ts';
import { createKeyRing, JWKS_MAX_AGE, openKeyRing } from '../../src/signing/ring.ts';
import { ANNOUNCEMENT, maintain, promote, rotate, withdraw } from '../../src/signing/rotation.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

const DAY = 86_400;
const SETTINGS = { period: 90 * DAY, tokenLifetime: 3600 };

for (const kind of ['files', 'store'] as const) {
  describe(`The rotation of signing keys kept in ${kind}`, () => {
    let directory: string;
    let store: Store;
    let source: KeySource;
    let now: number;
    const clock = () => now * 1000;

    beforeEach(async () => {
      now = 1_800_000_000;
      directory = mkdtempSync(join(tmpdir(), 'signet-rotation-'));
      store = await openStore('sqlite::memory:', { clock });
      source =
        kind === 'files'
          ? keyFiles(directory)
          : storedKeys(store, parseMasterKeys(randomBytes(32).toString('base64')), clock);
      await openKeyRing({ source, clock, onCreate: () => {} });
    });
    afterEach(async () => {
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    });

    const states = async () => (await describeKeys({ source, clock })).map(({ state }) => state);
    const signer = async () => createKeyRing(await source.read(), now, source.open).keys[0]?.kid;

    it('announces a key for two lifetimes of a cached JWKS before it signs', async () => {
      const before = await signer();
      const { kid } = await rotate(source, SETTINGS, now);
      assert.ok(ANNOUNCEMENT >= 2 * JWKS_MAX_AGE);
      assert.deepEqual(await states(), ['signing', 'announced']);
      now += ANNOUNCEMENT - 1;
      assert.equal(await signer(), before);
      now += 1;
      assert.equal(await signer(), kid);
      assert.deepEqual(await states(), ['retired', 'signing']);
    });

    it('publishes a retired key until its last token has expired', async () => {
      await rotate(source, SETTINGS, now);
      now += ANNOUNCEMENT + SETTINGS.tokenLifetime;
      assert.equal((await states())[0], 'retired');
      now += JWKS_MAX_AGE;
      assert.equal((await states())[0], 'gone');
    });

    it('announces one successor for concurrent rotations', async () => {
      const announced = await Promise.all(Array.from({ length: 5 }, () => rotate(source, SETTINGS, now)));
      assert.equal(new Set(announced.map(({ kid }) => kid)).size, 1);
      assert.deepEqual(await states(), ['signing', 'announced']);
    });

    it('rotates on schedule, and deletes keys after their retention', async () => {
      await maintain(source, SETTINGS, now, () => {});
      assert.deepEqual(await states(), ['signing']);
      for (let day = 0; day < 200; day += 1) {
        now += DAY;
        await maintain(source, SETTINGS, now, () => {});
        assert.equal((await states()).filter((state) => state === 'signing').length, 1, `day ${day}`);
      }
      assert.equal((await source.read()).length, 2, 'the first key was deleted, two followed');
    });

    it('promotes an announced key', async () => {
      const { kid } = await rotate(source, SETTINGS, now, { signsFrom: now + DAY });
      await promote(source, kid, SETTINGS, now);
      assert.equal(await signer(), kid);
      assert.deepEqual(await states(), ['retired', 'signing']);
    });

    it('withdraws the signing key at once, and another key takes over', async () => {
      const first = (await signer()) as string;
      await withdraw(source, first, now);
      assert.deepEqual(await states(), ['gone', 'signing']);
      const ring = createKeyRing(await source.read(), now, source.open);
      assert.ok(!ring.published.keys.some((key) => key.kid === first));
      const second = (await signer()) as string;
      const { kid } = await rotate(source, SETTINGS, now);
      await withdraw(source, second, now);
      assert.equal(await signer(), kid, 'the announced key takes over');
    });

    it('does not restore a key that was withdrawn during the rotation', async () => {
      const first = (await signer()) as string;
      const interrupted: KeySource = {
        ...source,
        create: async (key) => {
          const won = await source.create(key);
          await withdraw(source, first, now);
          return won;
        },
      };
      const { kid } = await rotate(interrupted, SETTINGS, now);
      assert.deepEqual(await states(), ['gone', 'signing']);
      assert.equal(await signer(), kid);
    });

    it('loses no concurrent change of a key', async () => {
      const first = (await signer()) as string;
      const before = (await source.read())[0]?.signsFrom ?? 0;
      const other = kind === 'files' ? keyFiles(directory) : source;
      const changes = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? source : other).change(first, (key) => ({ ...key, signsFrom: key.signsFrom + 1 })),
      );
      await Promise.all(changes);
      assert.equal((await source.read())[0]?.signsFrom, before + changes.length);
    });

    it('R09 signs with its first key when the clock is behind, and does not reactivate a withdrawn key', async () => {
      const first = await signer();
      now -= 10;
      assert.equal(await signer(), first);
      now += 10;
      await withdraw(source, first as string, now);
      now -= 3600;
      assert.deepEqual(await states(), ['gone', 'signing']);
      assert.notEqual(await signer(), first);
    });

    it('continues with the signing key when its announced successor is withdrawn', async () => {
      const first = await signer();
      const { kid } = await rotate(source, SETTINGS, now);
      await withdraw(source, kid, now);
      now += 30 * DAY;
      assert.equal(await signer(), first);
    });
  });
}

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
