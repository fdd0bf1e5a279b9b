import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { openStore } from '../../src/store/open.ts';
import type { AccountRecord, ArtifactWrite, Store } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { TestClock } from './store-test.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A kind of local writes, which are kept when they are written, and one of durable writes, which are kept when they are found. */
const KINDS = ['Session', 'Grant'] as const;
const IDS = ['a', 'a\nb'];
const UIDS = ['u', 'a'];
const ACCOUNTS = ['x', 'y'];

interface Step {
  name: string;
  kind: (typeof KINDS)[number];
  id: string;
  otherId: string;
  uid: string | undefined;
  grantId: string | undefined;
  account: string;
  /** Seconds. */
  lifetime: number;
  /** Whether another connection does it. */
  isOther: boolean;
}

interface Context {
  store: Store;
  /** Epoch seconds. */
  until: number;
  write: ArtifactWrite;
}

/** All that changes artifacts or accounts. */
const OPERATIONS: Readonly<Record<string, (step: Step, context: Context) => Promise<unknown>>> = {
  upsert: ({ kind, id }, { store, write }) => store.artifacts.upsert(kind, id, write),
  create: ({ kind, id }, { store, write }) => store.artifacts.create(kind, id, write),
  update: ({ kind, id }, { store, write }) => store.artifacts.update(kind, id, () => write),
  consume: ({ kind, id }, { store }) => store.artifacts.consume(kind, id),
  destroy: ({ kind, id }, { store }) => store.artifacts.destroy(kind, id),
  commit: ({ kind, id, otherId, lifetime }, { store, write }) =>
    store.artifacts.commit({
      ...(lifetime > 2 && { consume: { kind, id } }),
      writes: [{ kind, id: otherId, write }],
    }),
  fail: ({ kind, id, otherId }, { store, write }) =>
    store.artifacts.commit({
      writes: [
        { kind, id, write },
        { kind, id: otherId, write: { ...write, expiresAt: Number.NaN } },
      ],
    }),
  destroyByGrant: ({ kind }, { store }) => store.artifacts.destroyByGrant(kind, 'g'),
  revokeGrant: (_step, { store, until }) => store.artifacts.revokeGrant('g', until),
  revokeAccount: ({ account }, { store, until }) => store.artifacts.revokeAccount(account, until),
  endSession: async ({ account }, { store, until }) => {
    const { records } = await store.listed.list('Session', account, { limit: 1 });
    for (const { handle } of records) await store.listed.endSession(account, handle, until);
  },
  sweep: (_step, { store }) => store.sweep(2),
  addAccount: ({ account }, { store }) => store.accounts.create(accountOf(account)),
  changeAccount: ({ account }, { store }) =>
    store.accounts.update(account, ({ generation }) => ({ generation: generation + 1 })),
  removeAccount: ({ account }, { store }) => store.accounts.remove(account),
};

/** What makes artifacts more often than what ends them. */
const WRITES = ['upsert', 'upsert', 'upsert', 'commit', 'commit', 'update', 'consume', 'destroy'];
const NAMES = [...Object.keys(OPERATIONS), ...WRITES, 'later', 'earlier'];

const STEP: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(...NAMES),
  kind: fc.constantFrom(...KINDS),
  id: fc.constantFrom(...IDS),
  otherId: fc.constantFrom(...IDS),
  uid: fc.constantFrom(undefined, ...UIDS),
  grantId: fc.constantFrom(undefined, 'g'),
  account: fc.constantFrom(...ACCOUNTS),
  lifetime: fc.constantFrom(0, 1, 2, 10),
  isOther: fc.constantFrom(true, false, false),
});

/** The steps of a batch are started at once, so that they share a transaction. */
const BATCHES = fc.array(fc.array(STEP, { minLength: 1, maxLength: 3 }), { size: 'max', maxLength: 80 });

describe('Cache of records, for any order of operations', () => {
  const path = temporaryDirectory();
  const clock = new TestClock();
  const stores: Store[] = [];
  let run = 0;

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  it('has what another connection finds without it', async () => {
    const property = fc.asyncProperty(BATCHES, async (batches) => {
      for (const store of stores.splice(0)) await store.close();
      const address = `sqlite:${path(`${run++}.db`)}`;
      for (let n = 0; n < 3; n += 1) stores.push(await openStore(address, { clock: clock.milliseconds }));
      const [store, other, uncached] = stores as [Store, Store, Store];
      for (const [n, batch] of batches.entries()) {
        await Promise.allSettled(
          batch.map((step) => perform(step, { n, store: step.isOther ? other : store, clock })),
        );
        // Discards all that it has, and changes nothing.
        await uncached.accounts.remove('nobody');
        assert.deepEqual(await contents(store), await contents(uncached));
      }
    });
    await fc.assert(property, { numRuns: LONG ? 40 : 12, interruptAfterTimeLimit: 5000 });
  });
});

async function perform(
  step: Step,
  { n, store, clock }: { n: number; store: Store; clock: TestClock },
): Promise<void> {
  const { name, lifetime, uid, grantId, account: accountId } = step;
  if (name === 'later') clock.advance(lifetime);
  if (name === 'earlier') clock.advance(-lifetime);
  const until = clock.now + lifetime;
  const write: ArtifactWrite = {
    payload: { n },
    expiresAt: until,
    accountId,
    ...(uid !== undefined && { uid }),
    ...(grantId !== undefined && { grantId }),
  };
  await OPERATIONS[name]?.(step, { store, until, write });
}

async function contents({ artifacts, accounts }: Store): Promise<unknown> {
  const found: unknown[] = [];
  for (const kind of KINDS) {
    for (const id of IDS) found.push(await artifacts.read(kind, id));
    for (const uid of UIDS) found.push(await artifacts.readByUid(kind, uid));
  }
  for (const id of ACCOUNTS) found.push(await accounts.find(id));
  return found;
}

function accountOf(id: string): AccountRecord {
  return {
    id,
    username: id,
    passwordHash: undefined,
    claims: {},
    disabled: false,
    generation: 0,
    createdAt: 1,
    updatedAt: 1,
  };
}
