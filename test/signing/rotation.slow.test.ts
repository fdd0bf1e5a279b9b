import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { describeKeys } from '../../src/signing/key-list.ts';
import type { KeySource } from '../../src/signing/key-source.ts';
import { ANNOUNCEMENT, JWKS_MAX_AGE } from '../../src/signing/key-state.ts';
import { createKeyRing } from '../../src/signing/ring.ts';
import { maintain, promote, rotate, withdraw } from '../../src/signing/rotation.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import type { StoredKey } from '../../src/signing/stored-key.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { recycledKey as make } from '../support/signing-key.ts';

const DAY = 86_400;
const NOW = 1_800_000_000;
const SETTINGS = { algorithms: SIGNING_ALGORITHMS, period: 90 * DAY, tokenLifetime: 3600 } as const;

/** Not due during these tests. */
const keysOfOthers = new Map<SigningAlgorithm, StoredKey>();
before(async () => {
  const starts = { announcedAt: NOW, signsFrom: NOW };
  for (const alg of SIGNING_ALGORITHMS)
    keysOfOthers.set(alg, await make([...keysOfOthers.values()], { alg, ...starts }));
});

const timesOf = ({ kid, signsFrom, retiresAt }: StoredKey) => ({ kid, signsFrom, retiresAt });

/** Keys of RS256 and those of other algorithms have different places, and nothing else differs. */
const VARIANTS = (['files', 'store'] as const).flatMap((kind) =>
  SIGNING_ALGORITHMS.filter((alg) => LONG || ['RS256', 'ES256'].includes(alg)).map((alg) => ({ kind, alg })),
);

/** Between two runs of the scheduled work. */
const DAYS = LONG ? 1 : 5;

for (const { kind, alg } of VARIANTS) {
  describe(`The rotation of ${alg} signing keys kept in ${kind}`, () => {
    let directory: string;
    let store: Store | undefined;
    let source: KeySource;
    let now: number;
    let others: StoredKey[];
    const clock = () => now * 1000;

    async function openKeys(): Promise<KeySource> {
      if (kind === 'files') return keyFiles(directory);
      store = await openStore('sqlite::memory:', { clock });
      return storedKeys(store, parseMasterKeys(randomBytes(32).toString('base64')), clock);
    }

    beforeEach(async () => {
      now = NOW;
      directory = makeMemoryDirectory('signet-rotation');
      source = { ...(await openKeys()), make };
      others = SIGNING_ALGORITHMS.filter((each) => each !== alg).map((each) => keysOfOthers.get(each)!);
      for (const key of others) await source.create(key);
      const first = await make(others, { alg, announcedAt: now, signsFrom: now });
      await source.create(first);
    });
    afterEach(async () => {
      const kept = (await source.read()).filter((key) => key.alg !== alg);
      assert.deepEqual(kept.map(timesOf), others.map(timesOf), 'the keys of other algorithms do not change');
      await store?.close();
      rmSync(directory, { recursive: true, force: true });
    });

    const states = async () =>
      (await describeKeys({ source, clock })).filter((key) => key.alg === alg).map(({ state }) => state);
    const signer = async () => createKeyRing(await source.read(), now, source.open).signer(alg)?.kid;
    const ofAlgorithm = async () => (await source.read()).filter((key) => key.alg === alg);

    it('announces a key for two lifetimes of a cached JWKS before it signs', async () => {
      const before = await signer();
      const { kid } = await rotate(source, SETTINGS, now, { alg });
      assert.ok(ANNOUNCEMENT >= 2 * JWKS_MAX_AGE);
      assert.deepEqual(await states(), ['signing', 'announced']);
      now += ANNOUNCEMENT - 1;
      assert.equal(await signer(), before);
      now += 1;
      assert.equal(await signer(), kid);
      assert.deepEqual(await states(), ['retired', 'signing']);
    });

    it('publishes a retired key until its last token has expired', async () => {
      await rotate(source, SETTINGS, now, { alg });
      now += ANNOUNCEMENT + SETTINGS.tokenLifetime;
      assert.equal((await states())[0], 'retired');
      now += JWKS_MAX_AGE;
      assert.equal((await states())[0], 'gone');
    });

    it('announces one successor for concurrent rotations', async () => {
      const announced = await Promise.all(
        Array.from({ length: 5 }, () => rotate(source, SETTINGS, now, { alg })),
      );
      assert.equal(new Set(announced.map(({ kid }) => kid)).size, 1);
      assert.deepEqual(await states(), ['signing', 'announced']);
    });

    it('rotates on schedule, and deletes keys after their retention', async () => {
      // The same times as of the others: they are rotated too.
      await maintain(source, SETTINGS, now, () => {});
      assert.deepEqual(await states(), ['signing']);
      for (let day = 0; day < 200; day += DAYS) {
        now += DAYS * DAY;
        await maintain(source, SETTINGS, now, () => {});
        assert.equal((await states()).filter((state) => state === 'signing').length, 1, `day ${day}`);
      }
      const keys = await source.read();
      assert.equal(
        keys.filter((key) => key.alg === alg).length,
        2,
        'the first key was deleted, two followed',
      );
      assert.equal(keys.length, 2 * SIGNING_ALGORITHMS.length, 'of each algorithm');
      others = keys.filter((key) => key.alg !== alg);
    });

    it('promotes an announced key', async () => {
      const { kid } = await rotate(source, SETTINGS, now, { alg, signsFrom: now + DAY });
      await promote(source, kid, SETTINGS, now);
      assert.equal(await signer(), kid);
      assert.deepEqual(await states(), ['retired', 'signing']);
    });

    it('withdraws the signing key at once, and another key takes over', async () => {
      const first = (await signer()) as string;
      await withdraw(source, first, SETTINGS, now);
      assert.deepEqual(await states(), ['gone', 'signing']);
      const ring = createKeyRing(await source.read(), now, source.open);
      assert.ok(!ring.published.keys.some((key) => key.kid === first));
      const second = (await signer()) as string;
      const { kid } = await rotate(source, SETTINGS, now, { alg });
      await withdraw(source, second, SETTINGS, now);
      assert.equal(await signer(), kid, 'the announced key takes over');
    });

    it('does not restore a key that was withdrawn during the rotation', async () => {
      const first = (await signer()) as string;
      const interrupted: KeySource = {
        ...source,
        create: async (key) => {
          const won = await source.create(key);
          await withdraw(source, first, SETTINGS, now);
          return won;
        },
      };
      const { kid } = await rotate(interrupted, SETTINGS, now, { alg });
      assert.deepEqual(await states(), ['gone', 'signing']);
      assert.equal(await signer(), kid);
    });

    it('loses no concurrent change of a key', async () => {
      const first = (await signer()) as string;
      const before = (await ofAlgorithm())[0]?.signsFrom ?? 0;
      const other = kind === 'files' ? keyFiles(directory) : source;
      const changes = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? source : other).change(first, (key) => ({ ...key, signsFrom: key.signsFrom + 1 })),
      );
      await Promise.all(changes);
      assert.equal((await ofAlgorithm())[0]?.signsFrom, before + changes.length);
    });

    it('R09 signs with its first key when the clock is behind, and does not reactivate a withdrawn key', async () => {
      const first = await signer();
      now -= 10;
      assert.equal(await signer(), first);
      now += 10;
      await withdraw(source, first as string, SETTINGS, now);
      now -= 3600;
      assert.deepEqual(await states(), ['gone', 'signing']);
      assert.notEqual(await signer(), first);
    });

    it('continues with the signing key when its announced successor is withdrawn', async () => {
      const first = await signer();
      const { kid } = await rotate(source, SETTINGS, now, { alg });
      await withdraw(source, kid, SETTINGS, now);
      now += 30 * DAY;
      assert.equal(await signer(), first);
    });
  });
}
