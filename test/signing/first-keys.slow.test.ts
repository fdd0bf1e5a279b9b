import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { describeKeys } from '../../src/signing/key-list.ts';
import type { KeySource } from '../../src/signing/key-source.ts';
import { ANNOUNCEMENT } from '../../src/signing/key-state.ts';
import { createKeyRing, type KeyRing, openKeyRing } from '../../src/signing/ring.ts';
import { maintain, promote, rotate, withdraw } from '../../src/signing/rotation.ts';
import type { StoredKey } from '../../src/signing/stored-key.ts';
import { watchKeyRing } from '../../src/signing/watcher.ts';
import { LONG } from '../support/long-form.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import type { Interrupted } from './first-keys-child.ts';
import { type KeyPlace, openSource } from './first-keys-source.ts';

const DAY = 86_400;
const NOW = 1_800_000_000;
const ALL = SIGNING_ALGORITHMS;
const SETTINGS = { period: 90 * DAY, tokenLifetime: 3600 };

/** Seconds after which the number of a key that a process reserved in the store and did not write is free. */
const RESERVATION = 11;

/** One before and one after each write: of four keys, in the store with the reservation of each number. */
const POINTS = { files: 8, store: 16 };

for (const kind of ['files', 'store'] as const) {
  describe(`First keys in ${kind}`, function () {
    this.timeout(60_000);
    let place: KeyPlace;
    let source: KeySource;
    let close: () => Promise<void>;
    let now: number;
    const clock = () => now * 1000;

    beforeEach(async () => {
      now = NOW;
      const directory = makeMemoryDirectory('signet-first-keys');
      place = { kind, directory, masterKey: randomBytes(32).toString('base64') };
      ({ source, close } = await openSource(place, clock));
    });
    afterEach(async () => {
      await close();
      rmSync(place.directory, { recursive: true, force: true });
    });

    const start = async (algorithms: readonly SigningAlgorithm[]): Promise<[KeyRing, StoredKey[]]> => {
      const made: StoredKey[] = [];
      const ring = await openKeyRing({ source, clock, algorithms, onCreate: (key) => made.push(key) });
      return [ring, made];
    };
    const algorithmsOf = (keys: readonly { alg: SigningAlgorithm }[]) => keys.map(({ alg }) => alg);
    const states = async (alg: SigningAlgorithm) =>
      (await describeKeys({ source, clock })).filter((key) => key.alg === alg).map(({ state }) => state);

    it('of a new ring sign at once, one of each configured algorithm', async () => {
      const [ring, made] = await start(['RS256', 'ES256', 'EdDSA']);
      assert.deepEqual(algorithmsOf(made), ['EdDSA', 'ES256', 'RS256'], 'RS256 is the last');
      assert.deepEqual(ring.algorithms, ['RS256', 'ES256', 'EdDSA']);
      assert.deepEqual(algorithmsOf(await source.read()), ['RS256', 'ES256', 'EdDSA']);
      const [again, none] = await start(['RS256', 'ES256', 'EdDSA']);
      assert.deepEqual([again.fingerprint, none], [ring.fingerprint, []]);
    });

    it('of an algorithm that is added later are announced before they sign, and a watcher follows', async () => {
      const [before] = await start(['RS256']);
      now += DAY;
      const [ring, made] = await start(['RS256', 'ES256']);
      assert.deepEqual(algorithmsOf(made), ['ES256']);
      assert.deepEqual(ring.algorithms, ['RS256']);
      assert.equal(ring.signer('ES256'), undefined);
      assert.equal(ring.signer('RS256').kid, before.signer('RS256').kid);
      assert.deepEqual(await states('ES256'), ['announced']);
      assert.equal(ring.published.keys.length, 2, 'published before it signs');

      const rings: KeyRing[] = [];
      const settings = { ...SETTINGS, algorithms: ['RS256', 'ES256'] as const };
      const onError = (error: unknown): never => assert.fail(error as Error);
      const watcher = watchKeyRing({
        source,
        settings,
        clock,
        ring,
        onChange: (next) => rings.push(next),
        onAnnounce: () => {},
        onError,
      });
      try {
        now += ANNOUNCEMENT - 1;
        await watcher.refresh();
        assert.equal(rings.length, 0);
        now += 1;
        await watcher.refresh();
        assert.deepEqual(
          rings.map(({ algorithms }) => algorithms),
          [['RS256', 'ES256']],
        );
        assert.equal(rings[0]?.signer('ES256')?.kid, made[0]?.kid);
        assert.equal(rings[0]?.published.etag, ring.published.etag, 'every copy of the JWKS has it');
      } finally {
        watcher.stop();
      }
    });

    it('of an added algorithm can be promoted', async () => {
      await start(['RS256']);
      await start(['RS256', 'EdDSA']);
      const settings = { ...SETTINGS, algorithms: ['RS256', 'EdDSA'] as const };
      const { kid } = await rotate(source, settings, now, { alg: 'EdDSA' });
      await promote(source, kid, settings, now);
      const ring = createKeyRing(await source.read(), now, source.open);
      assert.equal(ring.signer('EdDSA')?.kid, kid);
      assert.deepEqual([await states('RS256'), await states('EdDSA')], [['signing'], ['signing']]);
    });

    it('are made by one of several concurrent starts', async () => {
      const starts = Array.from({ length: 4 }, () => start(ALL));
      const rings = await Promise.all(starts);
      assert.equal(new Set(rings.map(([{ fingerprint }]) => fingerprint)).size, 1);
      const made = rings.flatMap(([, keys]) => keys);
      assert.deepEqual(algorithmsOf(made).sort(), [...ALL].sort());
      assert.deepEqual(rings[0]?.[0].algorithms, [...ALL]);
    });

    it('are made by the scheduled work when the last key of an algorithm is lost, but for RS256', async () => {
      await start(['RS256', 'ES256']);
      const settings = { ...SETTINGS, algorithms: ['RS256', 'ES256'] as const };
      for (const { kid, alg } of await source.read()) if (alg === 'ES256') await source.remove(kid);
      now += RESERVATION;
      await maintain(source, settings, now, () => {});
      assert.deepEqual(await states('ES256'), ['announced']);
      for (const { kid } of await source.read()) await source.remove(kid);
      await maintain(source, settings, now, () => {});
      assert.deepEqual(await source.read(), []);
    });

    it('are not made, and do not sign, for an algorithm that is no longer configured; its key retires when it is due', async () => {
      await start(['RS256', 'ES256']);
      const [ring, made] = await start(['RS256']);
      assert.deepEqual([ring.algorithms, made, ring.published.keys.length], [['RS256'], [], 2]);
      const settings = { ...SETTINGS, algorithms: ['RS256'] as const };
      now += SETTINGS.period - 1;
      await maintain(source, settings, now, () => {});
      assert.deepEqual(await states('ES256'), ['signing']);
      now += 1;
      await maintain(source, settings, now, () => {});
      assert.deepEqual(await states('ES256'), ['retired'], 'its tokens are still verified');
      now += SETTINGS.tokenLifetime + ANNOUNCEMENT;
      assert.deepEqual(await states('ES256'), ['gone']);
      await start(['RS256', 'ES256']);
      assert.deepEqual(await states('ES256'), ['gone', 'announced']);
    });

    it('that are withdrawn while they are announced have a successor that is announced', async () => {
      await start(['RS256']);
      const [, [first]] = await start(['RS256', 'ES256']);
      const settings = { ...SETTINGS, algorithms: ['RS256', 'ES256'] as const };
      now += ANNOUNCEMENT / 2;
      await withdraw(source, first!.kid, settings, now);
      assert.deepEqual([await states('ES256'), await states('RS256')], [['gone'], ['signing']]);
      const made: string[] = [];
      await maintain(source, settings, now, ({ alg }) => made.push(alg));
      assert.deepEqual([await states('ES256'), made], [['gone', 'announced'], ['ES256']]);
      now += ANNOUNCEMENT;
      assert.deepEqual(await states('ES256'), ['gone', 'signing']);
    });

    it('do not replace a withdrawn key of an algorithm that is not configured', async () => {
      await start(['RS256', 'ES256']);
      const { kid } = (await source.read()).find(({ alg }) => alg === 'ES256')!;
      await withdraw(source, kid, { algorithms: ['RS256'] }, now);
      assert.deepEqual(await states('ES256'), ['gone']);
    });

    async function assertComplete(): Promise<void> {
      now += RESERVATION;
      const survived = await source.read();
      const [ring, made] = await start(ALL);
      assert.deepEqual(ring.algorithms, [...ALL], 'every first key signs');
      assert.deepEqual(algorithmsOf(await source.read()), [...ALL], 'and each algorithm has one');
      assert.deepEqual(algorithmsOf([...survived, ...made.toReversed()]).sort(), [...ALL].sort());
      assert.ok((await source.read()).every(({ number }) => number === 1));
    }

    const points = Array.from({ length: POINTS[kind] }).keys().toArray();
    for (const dueAt of points) {
      it(`are complete at the next start when the first stopped at point ${dueAt} of ${POINTS[kind]}`, async () => {
        await stopAt(dueAt);
        await assertComplete();
      });
    }

    for (const dueAt of LONG ? points : points.slice(-1)) {
      it(`are complete at the next start when the first was killed at point ${dueAt} of ${POINTS[kind]}`, async () => {
        const interrupted: Interrupted = { ...place, now, dueAt };
        const script = join(import.meta.dirname, 'first-keys-child.ts');
        const child = fork(script, [JSON.stringify(interrupted)]);
        const [, signal] = await once(child, 'exit');
        assert.equal(signal, 'SIGKILL');
        await assertComplete();
      });
    }

    /** A start that does nothing more from a point on, like a process that was killed there. */
    async function stopAt(dueAt: number): Promise<void> {
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
      let passed = 0;
      const interrupted = await openSource(place, clock, async () => {
        if (passed++ !== dueAt) return;
        stop();
        await new Promise(() => {});
      });
      void openKeyRing({ source: interrupted.source, clock, algorithms: ALL, onCreate: () => {} });
      await stopped;
      await interrupted.close();
    }
  });
}
