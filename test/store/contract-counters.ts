import assert from 'node:assert/strict';
import type { StoreIt } from './store-test.ts';

export function counterContract(it: StoreIt): void {
  it('counts each of many concurrent additions once', async ({ store: { counters }, clock }) => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => counters.add([{ key: 'a', lifetime: 60 }])),
    );
    const counts = answers.map(([first]) => first?.count ?? 0).sort((one, other) => one - other);
    assert.deepEqual(
      counts,
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    assert.deepEqual(await counters.read(['a']), [{ count: 50, endsAt: clock.now + 60 }]);
  });

  it('answers several additions in one call, in their order', async ({ store: { counters }, clock }) => {
    await counters.add([{ key: 'a', lifetime: 60 }]);
    const additions = [
      { key: 'b', lifetime: 10 },
      { key: 'a', lifetime: 60 },
    ];
    const [b, a] = [
      { count: 1, endsAt: clock.now + 10 },
      { count: 2, endsAt: clock.now + 60 },
    ];
    assert.deepEqual(await counters.add(additions), [b, a]);
    assert.deepEqual(await counters.read(['a', 'unknown', 'b']), [a, { count: 0, endsAt: 0 }, b]);
  });

  it('resets a counter after its lifetime, measured from the first addition', async ({
    store: { counters },
    clock,
  }) => {
    await counters.add([{ key: 'a', lifetime: 60 }]);
    clock.advance(59);
    await counters.add([{ key: 'a', lifetime: 60 }]);
    clock.advance(1);
    assert.deepEqual(await counters.read(['a']), [{ count: 0, endsAt: 0 }]);
    const [again] = await counters.add([{ key: 'a', lifetime: 60 }]);
    assert.deepEqual(again, { count: 1, endsAt: clock.now + 60 });
  });

  it('measures the lifetime from the last addition when that renews it', async ({
    store: { counters },
    clock,
  }) => {
    const add = () => counters.add([{ key: 'a', lifetime: 60, renews: true }]);
    await add();
    clock.advance(59);
    await add();
    clock.advance(59);
    assert.deepEqual(await counters.read(['a']), [{ count: 2, endsAt: clock.now + 1 }]);
    clock.advance(1);
    assert.deepEqual(await add(), [{ count: 1, endsAt: clock.now + 60 }]);
  });

  it('starts at zero after a reset', async ({ store: { counters } }) => {
    await counters.add([{ key: 'a', lifetime: 60 }]);
    await counters.reset('a');
    await counters.reset('unknown');
    const [{ count } = { count: 0 }] = await counters.add([{ key: 'a', lifetime: 60 }]);
    assert.equal(count, 1);
  });

  it('counts quotas in the same way', async ({ store: { quotas }, clock }) => {
    const add = async () => (await quotas.add([{ key: 'a', lifetime: 60 }]))[0];
    await add();
    clock.advance(30);
    assert.deepEqual(await add(), { count: 2, endsAt: clock.now + 30 });
    clock.advance(30);
    assert.deepEqual(await add(), { count: 1, endsAt: clock.now + 60 });
  });
}
