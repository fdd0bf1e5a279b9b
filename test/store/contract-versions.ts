import assert from 'node:assert/strict';
import type { ArtifactStore, CommitOutcome, Payload, Version } from '../../src/store/store.ts';
import type { StoreIt } from './store-test.ts';

/** Versions: writes that depend on what was read. */

const COMMITTED: CommitOutcome = { outcome: 'committed' };
const CHANGED: CommitOutcome = { outcome: 'changed' };

export function versionContract(it: StoreIt): void {
  it('reads an artifact with a version that only a write changes', async ({
    store: { artifacts },
    clock,
  }) => {
    const write = { payload: { n: 1 }, expiresAt: clock.now + 60, uid: 'u' };
    await artifacts.upsert('Session', 's', write);
    const first = await artifacts.read('Session', 's');
    assert.deepEqual(first.payload, { n: 1 });
    assert.deepEqual(await artifacts.read('Session', 's'), first);
    assert.deepEqual(await artifacts.readByUid('Session', 'u'), first);
    await artifacts.upsert('Session', 's', write);
    const second = await artifacts.read('Session', 's');
    assert.notEqual(second.version, first.version);
    await artifacts.consume('Session', 's');
    const third = await artifacts.read('Session', 's');
    assert.deepEqual(third.payload, { n: 1, consumed: clock.now });
    assert.equal(new Set([first, second, third].map(({ version }) => version)).size, 3);
    assert.equal(await artifacts.readByUid('Session', 'nobody'), undefined);
    assert.equal((await artifacts.read('Session', 'nobody')).payload, undefined);
  });

  it('writes only while the artifact has the version', async ({ store: { artifacts }, clock }) => {
    const write = (n: number) => ({ payload: { n }, expiresAt: clock.now + 60 });
    const commit = (n: number, version: Version) =>
      artifacts.commit({
        writes: [
          { kind: 'Session', id: 's', write: write(n), version },
          { kind: 'AuthorizationCode', id: `code ${n}`, write: write(n) },
        ],
      });
    await artifacts.upsert('Session', 's', write(1));
    const { version } = await artifacts.read('Session', 's');
    assert.deepEqual(await commit(2, version), COMMITTED);
    assert.deepEqual(await commit(3, version), CHANGED);
    assert.deepEqual(await artifacts.find('Session', 's'), { n: 2 });
    assert.deepEqual(await artifacts.find('AuthorizationCode', 'code 2'), { n: 2 });
    assert.equal(await artifacts.find('AuthorizationCode', 'code 3'), undefined);
  });

  it('writes nothing of a unit in which one of several versions is another', async ({
    store: { artifacts },
    clock,
  }) => {
    const write = (n: number) => ({ payload: { n }, expiresAt: clock.now + 60, uid: 'u' });
    for (const id of ['a', 'b', 'c']) await artifacts.upsert('Session', id, write(1));
    const read = await Promise.all(['a', 'b', 'c'].map((id) => artifacts.read('Session', id)));
    await artifacts.upsert('Session', 'b', write(2));
    const before = await artifacts.read('Session', 'a');
    const writes = ['a', 'b', 'c'].map((id, index) => {
      return { kind: 'Session', id, write: write(3), version: read[index]?.version } as const;
    });
    assert.deepEqual(await artifacts.commit({ writes }), CHANGED);
    const found = await Promise.all(['a', 'b', 'c'].map((id) => artifacts.find('Session', id)));
    assert.deepEqual(found, [{ n: 1 }, { n: 2 }, { n: 1 }]);
    assert.deepEqual(await artifacts.read('Session', 'a'), before);
  });

  it('creates with the version of an absent artifact, once', async ({ store: { artifacts }, clock }) => {
    const states: Record<string, (id: string) => Promise<unknown>> = {
      absent: async () => undefined,
      destroyed: async (id) => {
        await artifacts.upsert('Consent', id, { payload: {}, expiresAt: clock.now + 60 });
        await artifacts.destroy('Consent', id);
      },
      expired: (id) => artifacts.upsert('Consent', id, { payload: {}, expiresAt: clock.now }),
      revoked: async (id) => {
        await artifacts.upsert('Consent', id, { payload: {}, expiresAt: clock.now + 60, accountId: id });
        await artifacts.revokeAccount(id, clock.now + 60);
      },
    };
    for (const [id, prepare] of Object.entries(states)) {
      await prepare(id);
      const { payload, version } = await artifacts.read('Consent', id);
      assert.equal(payload, undefined, id);
      const commit = (n: number) =>
        artifacts.commit({
          writes: [{ kind: 'Consent', id, write: { payload: { n }, expiresAt: clock.now + 60 }, version }],
        });
      assert.deepEqual([await commit(1), await commit(2)], [COMMITTED, CHANGED], id);
      assert.deepEqual(await artifacts.find('Consent', id), { n: 1 }, id);
    }
  });

  it('does not write an artifact again that was destroyed or consumed since', async ({
    store: { artifacts },
    clock,
  }) => {
    const write = { payload: {}, expiresAt: clock.now + 60 };
    const ends: ((id: string) => Promise<unknown>)[] = [
      (id) => artifacts.destroy('Session', id),
      (id) => artifacts.consume('Session', id),
    ];
    for (const [index, end] of ends.entries()) {
      const id = `s${index}`;
      await artifacts.upsert('Session', id, write);
      const { version } = await artifacts.read('Session', id);
      await end(id);
      assert.deepEqual(
        await artifacts.commit({ writes: [{ kind: 'Session', id, write, version }] }),
        CHANGED,
      );
    }
    assert.equal(await artifacts.find('Session', 's0'), undefined);
  });

  it('loses none of several concurrent changes that are merged and repeated', async ({
    store: { artifacts },
    clock,
  }) => {
    const expiresAt = clock.now + 60;
    await artifacts.upsert('Session', 's', { payload: {}, expiresAt });
    const names = Array.from({ length: 20 }, (_, index) => `client ${index}`);
    await Promise.all(
      names.map((name) => merge(artifacts, expiresAt, (current) => ({ ...current, [name]: true }))),
    );
    const found = await artifacts.find('Session', 's');
    assert.deepEqual(Object.keys(found ?? {}).toSorted(), names.toSorted());
  });

  it('writes only while an artifact that it does not write has its version', async ({
    store: { artifacts },
    clock,
  }) => {
    const write = { payload: {}, expiresAt: clock.now + 60, accountId: 'a' };
    const changes: Record<string, (id: string) => Promise<unknown>> = {
      'not at all': async () => undefined,
      written: (id) => artifacts.upsert('Session', id, write),
      consumed: (id) => artifacts.consume('Session', id),
      destroyed: (id) => artifacts.destroy('Session', id),
      expired: async () => clock.advance(60),
      revoked: (id) => artifacts.revokeAccount(id, clock.now + 60),
    };
    for (const [id, change] of Object.entries(changes)) {
      await artifacts.upsert('Session', id, { ...write, expiresAt: clock.now + 60, accountId: id });
      const { version } = await artifacts.read('Session', id);
      await change(id);
      const before = await artifacts.read('Session', id);
      const code = { payload: {}, expiresAt: clock.now + 60 };
      const outcome = await artifacts.commit({
        writes: [{ kind: 'AuthorizationCode', id, write: code }],
        unchanged: [{ kind: 'Session', id, version }],
      });
      const isSame = id === 'not at all';
      assert.deepEqual(outcome, isSame ? COMMITTED : CHANGED, id);
      assert.deepEqual(await artifacts.find('AuthorizationCode', id), isSame ? {} : undefined, id);
      assert.deepEqual(await artifacts.read('Session', id), before, id);
    }
  });

  it('keeps the mark of consumption of what it replaces', async ({ store: { artifacts }, clock }) => {
    const write = { payload: {}, expiresAt: clock.now + 60 };
    await artifacts.upsert('Session', 's', write);
    await artifacts.consume('Session', 's');
    const { version } = await artifacts.read('Session', 's');
    const longer = { ...write, expiresAt: clock.now + 120 };
    assert.deepEqual(
      await artifacts.commit({ writes: [{ kind: 'Session', id: 's', write: longer, version }] }),
      COMMITTED,
    );
    clock.advance(90);
    assert.equal((await artifacts.find('Session', 's'))?.consumed, clock.now - 90);
  });
}

async function merge(
  artifacts: ArtifactStore,
  expiresAt: number,
  change: (current: Payload | undefined) => Payload,
): Promise<void> {
  for (;;) {
    const { payload, version } = await artifacts.read('Session', 's');
    const write = { payload: change(payload), expiresAt };
    const { outcome } = await artifacts.commit({ writes: [{ kind: 'Session', id: 's', write, version }] });
    if (outcome === 'committed') return;
    assert.equal(outcome, 'changed');
  }
}
