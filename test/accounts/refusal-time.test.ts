import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashFromText } from '../../src/accounts/credentials/foreign-formats.ts';
import { recordImportedHashes, reviewImportedHashes } from '../../src/accounts/imported-hashes.ts';
import { createRefusalTime } from '../../src/accounts/refusal-time.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { accountNamed } from '../store/account-records.ts';
import { TestClock } from '../store/store-test.ts';
import { DJANGO_HASHES } from './foreign-hashes.ts';

const HASHES = Object.values(DJANGO_HASHES).map(hashFromText);
/** The two of bcrypt take the same time. */
const SCHEMES = HASHES.length - 1;
/** Milliseconds that a hash takes. */
const SLOW = 5;

describe('The time of refused sign-ins', () => {
  const clock = new TestClock();
  let store: Store;
  let verified: (string | undefined)[];
  before(async () => {
    store = await openStore('sqlite::memory:', { clock: clock.milliseconds });
  });
  after(() => store.close());

  function create() {
    verified = [];
    const waits: number[] = [];
    const passwords = {
      async verify(hash: string | undefined) {
        const startedAt = performance.now();
        verified.push(hash);
        await sleep(hash === undefined ? 0 : SLOW);
        return { valid: false, outdated: false, startedAt };
      },
    };
    const wait = (milliseconds: number) => Promise.resolve(waits.push(milliseconds));
    return { waits, ...createRefusalTime({ artifacts: store.artifacts, passwords, wait }) };
  }

  it('is not awaited where no account was imported', async () => {
    const time = create();
    await time.reached(performance.now());
    assert.deepEqual([time.waits, verified], [[], []]);
  });

  it('is that of the slowest imported scheme, of which a process measures a sample', async () => {
    await recordImportedHashes(store.artifacts, [...HASHES, ...HASHES], clock.milliseconds);
    const time = create();
    await time.refresh();
    await time.reached(performance.now());
    await time.reached(performance.now() - SLOW);
    const [whole = 0, rest = 0] = time.waits;
    assert.ok(whole > SLOW && rest < whole - SLOW / 2 && rest > 0, `${whole}, ${rest}`);
    assert.equal(new Set(verified).size, 1 + SCHEMES);
    for (const hash of HASHES) assert.ok(!verified.includes(hash), 'a hash of an account is no sample');
  });

  it('is a multiple of it for an attempt that has taken longer', async () => {
    const time = create();
    await time.refresh();
    const begin = performance.now() - 1000;
    await time.reached(begin);
    const [rest = 0] = time.waits;
    assert.ok(rest >= 0 && rest < SLOW * 20, String(rest));
  });

  it('follows attempts that take longer, up to five times the measured time', async () => {
    const time = create();
    await time.refresh();
    for (let index = 0; index < 3; index += 1) await time.reached(performance.now() - 10 * SLOW);
    await time.reached(performance.now());
    const [first = 0, , , last = 0] = time.waits;
    assert.ok(last > first && last <= 20 * SLOW, `${first}, ${last}`);
  });

  it('is not awaited any more when all of them have signed in', async () => {
    const [first = '', second = ''] = HASHES;
    await store.accounts.create({ ...accountNamed('ann'), passwordHash: first });
    await store.accounts.create({ ...accountNamed('bob'), passwordHash: second });
    const review = () => reviewImportedHashes(store, clock.milliseconds);
    assert.equal(await review(), SCHEMES, 'an import may be under way');
    clock.advance(3600);
    assert.equal(await review(), 2);
    for (const id of ['ann', 'bob']) await store.accounts.update(id, () => ({ passwordHash: undefined }));
    assert.equal(await review(), 0);
    const time = create();
    await time.reached(performance.now());
    assert.deepEqual([time.waits, verified], [[], []]);
  });
});
