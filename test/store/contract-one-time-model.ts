import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { GrantRevokedError } from '../../src/store/errors.ts';
import type { ArtifactStore, ArtifactWrite } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import type { StoreIt } from './store-test.ts';

/** A minimal model of one-time semantics and tombstones. Times are epoch seconds. */
class Model {
  readonly #artifacts = new Map<string, { expiresAt: number; grant: string }>();
  readonly #consumed = new Map<string, number>();
  readonly #once = new Map<string, number>();
  readonly #revoked = new Map<string, number>();

  upsert(id: string, grant: string, expiresAt: number, now: number): string {
    if (this.isRevoked(grant, now)) return 'revoked';
    this.#artifacts.set(id, { expiresAt, grant });
    const mark = this.#consumed.get(id) ?? 0;
    if (mark > now) this.#consumed.set(id, Math.max(mark, expiresAt));
    return 'written';
  }

  /** 'absent', 'fresh' or 'consumed' */
  find(id: string, now: number): string {
    if ((this.#artifacts.get(id)?.expiresAt ?? 0) <= now) return 'absent';
    return (this.#consumed.get(id) ?? 0) > now ? 'consumed' : 'fresh';
  }

  consume(id: string, now: number): boolean {
    if (this.find(id, now) !== 'fresh') return false;
    this.#consumed.set(id, this.#artifacts.get(id)?.expiresAt ?? 0);
    return true;
  }

  createOnce(id: string, expiresAt: number, now: number): boolean {
    if ((this.#once.get(id) ?? 0) > now) return false;
    this.#once.set(id, expiresAt);
    return true;
  }

  destroy(id: string): void {
    this.#artifacts.delete(id);
  }

  destroyByGrant(grant: string): void {
    for (const [id, artifact] of this.#artifacts) if (artifact.grant === grant) this.#artifacts.delete(id);
  }

  revoke(grant: string, until: number): void {
    this.#revoked.set(grant, Math.max(until, this.#revoked.get(grant) ?? 0));
    this.destroyByGrant(grant);
  }

  isRevoked(grant: string, now: number): boolean {
    return (this.#revoked.get(grant) ?? 0) > now;
  }
}

interface Step {
  id: string;
  grant: string;
  /** Epoch seconds. */
  now: number;
  expiresAt: number;
}

/** Each operation on the store, and the same operation on the model. */
const OPERATIONS: Record<
  string,
  [real: (store: ArtifactStore, step: Step) => Promise<unknown>, model: (model: Model, step: Step) => unknown]
> = {
  upsert: [
    (store, { id, grant, expiresAt }) => writeOrRefuse(store, id, { payload: {}, expiresAt, grantId: grant }),
    (model, { id, grant, expiresAt, now }) => model.upsert(id, grant, expiresAt, now),
  ],
  consume: [
    (store, { id }) => store.consume('AuthorizationCode', id),
    (model, { id, now }) => model.consume(id, now),
  ],
  createOnce: [
    (store, { id, expiresAt }) => store.createOnce('ReplayDetection', id, expiresAt),
    (model, { id, expiresAt, now }) => model.createOnce(id, expiresAt, now),
  ],
  destroy: [(store, { id }) => store.destroy('AuthorizationCode', id), (model, { id }) => model.destroy(id)],
  destroyByGrant: [
    (store, { grant }) => store.destroyByGrant('AuthorizationCode', grant),
    (model, { grant }) => model.destroyByGrant(grant),
  ],
  revokeGrant: [
    (store, { grant, expiresAt }) => store.revokeGrant(grant, expiresAt),
    (model, { grant, expiresAt }) => model.revoke(grant, expiresAt),
  ],
};

async function writeOrRefuse(store: ArtifactStore, id: string, write: ArtifactWrite): Promise<string> {
  try {
    await store.upsert('AuthorizationCode', id, write);
    return 'written';
  } catch (error) {
    if (error instanceof GrantRevokedError) return 'revoked';
    throw error;
  }
}

async function findState(store: ArtifactStore, id: string): Promise<string> {
  const payload = await store.find('AuthorizationCode', id);
  if (payload === undefined) return 'absent';
  return 'consumed' in payload ? 'consumed' : 'fresh';
}

const STEPS = fc.array(
  fc.record({
    name: fc.constantFrom('upsert', 'consume', 'sweep', 'advance', ...Object.keys(OPERATIONS)),
    id: fc.constantFrom('id-1', 'id-2'),
    grant: fc.constantFrom('grant-1', 'grant-2'),
    seconds: fc.integer({ min: 1, max: 20 }),
  }),
  { maxLength: 20 },
);

export function oneTimeModelContract(it: StoreIt): void {
  it('behaves like the model for any order of operations', async ({ store, clock }) => {
    const { artifacts } = store;
    let run = 0;
    const property = fc.asyncProperty(STEPS, async (steps) => {
      const model = new Model();
      const prefix = `run-${run++}-`;
      for (const { name, seconds, ...names } of steps) {
        const [id, grant] = [prefix + names.id, prefix + names.grant];
        if (name === 'sweep') await store.sweep(100);
        if (name === 'advance') clock.advance(seconds);
        const { now } = clock;
        const step = { id, grant, now, expiresAt: now + seconds };
        const [real, expected] = OPERATIONS[name] ?? [];
        if (real && expected) assert.equal(await real(artifacts, step), expected(model, step), name);
        assert.equal(await findState(artifacts, id), model.find(id, now), `find after ${name}`);
      }
    });
    await fc.assert(property, { numRuns: LONG ? 60 : 25 });
  });
}
