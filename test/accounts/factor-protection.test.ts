import assert from 'node:assert/strict';
import { type CodeMethod, createFactorProtection } from '../../src/accounts/factor-protection.ts';
import { createLoginProtection } from '../../src/accounts/login-protection.ts';
import { openStore } from '../../src/store/open.ts';
import type { CounterStore, Store } from '../../src/store/store.ts';
import { TestClock } from '../store/store-test.ts';
import { LIMITS } from './fixture.ts';

/** Attempts of one kind, and what became of them: `10 wrong, 2 locked`. */
interface Attempts {
  times: number;
  method?: CodeMethod;
  network?: string;
  device?: string;
  right?: boolean;
  generation?: number;
}

describe('Protection against guessing of codes', () => {
  const clock = new TestClock();
  let store: Store;
  let account: { id: string; generation: number };
  let number = 0;

  before(async () => {
    store = await openStore('sqlite::memory:', { clock: clock.milliseconds });
  });
  after(() => store.close());
  beforeEach(() => {
    number += 1;
    account = { id: `account-${number}`, generation: 0 };
  });

  async function attempt({
    times,
    method = 'totp',
    network = '192.0.2.1',
    ...rest
  }: Attempts): Promise<string> {
    const { device, right = false, generation = 0 } = rest;
    const protection = createFactorProtection({ counters: store.counters, limits: LIMITS });
    const seen: Record<string, number> = {};
    for (let index = 0; index < times; index += 1) {
      const code = { account: { ...account, generation }, method, network, device };
      const answer = await protection.attempt(code, () => Promise.resolve(right || undefined));
      const what = 'locked' in answer && answer.locked ? `locks ${answer.locked.what}` : answer.outcome;
      seen[what] = (seen[what] ?? 0) + 1;
    }
    return Object.entries(seen)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ');
  }
  const network = (index: number) => `203.0.113.${index}`;

  it('refuses the network of the wrong codes, and reports the lock once', async () => {
    assert.equal(await attempt({ times: 6 }), '6 wrong');
    assert.equal(await attempt({ times: 7 }), '3 wrong, 1 locks one network, 3 locked');
    assert.equal(await attempt({ times: 1, right: true }), '1 locked');
    clock.advance(LIMITS.lock);
    assert.equal(await attempt({ times: 1, right: true }), '1 accepted');
  });

  it('enqueues the notice of a lock before it counts the attempt, and cancels it when the code was right', async () => {
    const killed = new Error('killed');
    const said: string[] = [];
    const notice = {
      enqueue: async () => void said.push('enqueued'),
      cancel: async () => void said.push('cancelled'),
    };
    const tryOnce = async (value?: string, counters: Pick<CounterStore, 'add'> = store.counters) => {
      const protection = createFactorProtection({
        counters: {
          read: (keys) => store.counters.read(keys),
          add: (counts) => counters.add(counts),
          reset: (key) => store.counters.reset(key),
        },
        limits: LIMITS,
      });
      const code = { account, method: 'totp', network: network(1), device: undefined, notice } as const;
      return (await protection.attempt(code, () => Promise.resolve(value))).outcome;
    };
    for (let index = 1; index < LIMITS.oneNetwork; index += 1) await tryOnce();
    assert.deepEqual(said, []);
    await assert.rejects(tryOnce(undefined, { add: () => Promise.reject(killed) }), killed);
    assert.deepEqual(said, ['enqueued']);
    assert.equal(await tryOnce('right'), 'accepted');
    assert.deepEqual(said, ['enqueued', 'enqueued', 'cancelled']);
    for (let index = 1; index < LIMITS.oneNetwork; index += 1) await tryOnce();
    assert.equal(await tryOnce(), 'wrong');
    assert.equal(await tryOnce(), 'locked');
    assert.deepEqual(said.slice(3), ['enqueued']);
  });

  it('enqueues one notice of a lock that concurrent attempts reach together', async () => {
    let enqueued = 0;
    const notice = { enqueue: async () => void (enqueued += 1), cancel: async () => {} };
    const protection = createFactorProtection({ counters: store.counters, limits: LIMITS });
    const code = { account, method: 'totp', network: network(2), device: undefined, notice } as const;
    const all = Array.from({ length: 2 * LIMITS.oneNetwork }, () =>
      protection.attempt(code, () => Promise.resolve(undefined)),
    );
    await Promise.all(all);
    assert.equal(enqueued, 1);
  });

  it('ends a lock in time, also when attempts go on', async () => {
    await attempt({ times: 10 });
    clock.advance(LIMITS.lock - 1);
    assert.equal(await attempt({ times: 5 }), '5 locked');
    clock.advance(1);
    assert.equal(await attempt({ times: 1, right: true }), '1 accepted');
  });

  it('refuses new devices after wrong codes from many networks, but no known device, and no recovery code', async () => {
    for (const index of [1, 2]) await attempt({ times: 10, network: network(index) });
    assert.match(await attempt({ times: 10, network: network(3) }), /1 locks new devices$/);
    assert.equal(await attempt({ times: 1, network: network(4), right: true }), '1 locked');
    assert.equal(
      await attempt({ times: 1, network: network(3), device: 'phone', right: true }),
      '1 accepted',
    );
    const recovery = { times: 1, network: network(3), method: 'recovery_code', right: true } as const;
    assert.equal(await attempt(recovery), '1 accepted');
  });

  it('bounds recovery codes of an account, too', async () => {
    let compared = 0;
    for (let index = 0; index < 40; index += 1) {
      const answer = await attempt({ times: 10, method: 'recovery_code', network: network(index) });
      if (!answer.startsWith('10 locked')) compared += 10;
    }
    assert.equal(compared, 10 * LIMITS.allNetworks);
  });

  it('counts a known device by itself', async () => {
    assert.equal(await attempt({ times: 11, device: 'phone' }), '9 wrong, 1 locks one device, 1 locked');
    assert.equal(await attempt({ times: 1, device: 'tablet', right: true }), '1 accepted');
    assert.equal(await attempt({ times: 1, right: true }), '1 accepted');
  });

  it('accepts at most 100 wrong codes in a row, until a success on a known device', async () => {
    let compared = 0;
    for (let round = 0; round < 20; round += 1) {
      const answer = await attempt({ times: 10, network: network(round) });
      if (!answer.startsWith('10 locked')) compared += 10;
      if (round % 2 === 1) clock.advance(LIMITS.lock);
    }
    assert.equal(compared, LIMITS.inARow);
    clock.advance(10 * LIMITS.lock);
    assert.equal(await attempt({ times: 1, right: true }), '1 locked');
    assert.equal(await attempt({ times: 1, device: 'phone', right: true }), '1 accepted');
    assert.equal(await attempt({ times: 1, right: true }), '1 accepted');
  });

  it('does not let strangers who ask for codes by mail lock the authenticator app', async () => {
    for (let index = 0; index < 20; index += 1)
      await attempt({ times: 10, method: 'email_sign_in', network: network(index) });
    assert.equal(await attempt({ times: 1, method: 'email_sign_in', right: true }), '1 locked');
    assert.equal(await attempt({ times: 1, right: true }), '1 accepted');
  });

  it('counts from the beginning after a success, an unlock and a new generation', async () => {
    assert.equal(await attempt({ times: 9 }), '9 wrong');
    assert.equal(await attempt({ times: 1, right: true }), '1 accepted');
    assert.equal(await attempt({ times: 10 }), '9 wrong, 1 locks one network');
    assert.equal(await attempt({ times: 1, right: true, generation: 1 }), '1 accepted');
    const { counters } = store;
    await createLoginProtection({ counters, limits: LIMITS, clock: clock.milliseconds }).unlock(account.id);
    assert.equal(await attempt({ times: 1, right: true }), '1 accepted');
  });
});
