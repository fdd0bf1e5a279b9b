import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import type { Store } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { accountNamed } from './account-records.ts';
import { isGrantRevoked } from './grant-probe.ts';

/** What a store has acknowledged for an id; `unknown` while an operation is running, or when its answer was lost. */
type Fact = 'unknown' | 'written' | 'consumed' | 'revoked' | 'destroyed' | 'redeemed' | 'once' | 'account';

const WRITERS = LONG ? 20 : 6;

/** Milliseconds that a writer pauses after the writes of one id. */
const PAUSE = LONG ? 0 : 5;

/** Writes continuously, also while the store fails, and records what was acknowledged. */
export class Load {
  readonly #store: Store;
  readonly #facts = new Map<string, Fact>();
  readonly #expiresAt = Math.floor(Date.now() / 1000) + 3600;
  readonly #writers: Promise<void>[];
  #stopped = false;
  #lastSuccess = performance.now();
  /** Longest time without a success, in milliseconds. */
  longestGap = 0;
  /** Longest time that an operation took to fail, in milliseconds. */
  slowestFailure = 0;
  failures = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#writers = Array.from({ length: WRITERS }, (_, writer) => this.#write(writer));
  }

  get acknowledged(): number {
    return [...this.#facts.values()].filter((fact) => fact !== 'unknown').length;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#writers);
  }

  async #write(writer: number): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const id = `${process.pid}-${writer}-${n}`;
      try {
        await this.#use(id, n);
        if (PAUSE > 0) await delay(PAUSE);
      } catch (error) {
        assert.ok(error instanceof StoreUnavailableError, String(error));
        this.failures += 1;
        await delay(20);
      }
    }
  }

  async #use(id: string, n: number): Promise<void> {
    const { artifacts, accounts } = this.#store;
    const expiresAt = this.#expiresAt;
    const write = { payload: { id }, expiresAt, grantId: id };
    const uses: [Fact, () => Promise<unknown>][] = [
      ['consumed', () => artifacts.consume('RefreshToken', id)],
      ['revoked', () => artifacts.revokeGrant(id, expiresAt)],
      ['destroyed', () => artifacts.destroy('RefreshToken', id)],
      ['redeemed', () => this.#redeem(id)],
    ];
    const use = uses[n % (uses.length + 1)];
    await this.#attempt(id, 'written', () => artifacts.upsert('RefreshToken', id, write));
    if (use) await this.#attempt(id, ...use);
    await this.#attempt(`once ${id}`, 'once', () => artifacts.createOnce('ReplayDetection', id, expiresAt));
    await this.#attempt(`account ${id}`, 'account', () => accounts.create(accountNamed(id)));
  }

  async #redeem(id: string): Promise<void> {
    const write = { payload: { id }, expiresAt: this.#expiresAt, grantId: id };
    const { outcome } = await this.#store.artifacts.commit({
      consume: { kind: 'RefreshToken', id, answer: { payload: { id }, expiresAt: this.#expiresAt } },
      writes: [{ kind: 'RefreshToken', id: `${id} successor`, write }],
    });
    assert.equal(outcome, 'committed');
  }

  async #attempt(id: string, fact: Fact, operation: () => Promise<unknown>): Promise<void> {
    this.#facts.set(id, 'unknown');
    const start = performance.now();
    try {
      await operation();
    } catch (error) {
      this.slowestFailure = Math.max(this.slowestFailure, performance.now() - start);
      throw error;
    }
    this.#facts.set(id, fact);
    this.longestGap = Math.max(this.longestGap, performance.now() - this.#lastSuccess);
    this.#lastSuccess = performance.now();
  }

  /** Asserts that everything acknowledged is still true. @returns the number of facts */
  async check(): Promise<number> {
    const { artifacts, accounts } = this.#store;
    for (const [id, fact] of this.#facts) {
      if (fact === 'once') {
        const again = await artifacts.createOnce(
          'ReplayDetection',
          id.slice('once '.length),
          this.#expiresAt,
        );
        assert.equal(again, false, id);
      } else if (fact === 'account') {
        assert.ok(await accounts.findByUsername(id.slice('account '.length)), id);
      } else if (fact !== 'unknown') {
        assert.equal(await this.#stateOf(id), fact, id);
      }
    }
    return this.acknowledged;
  }

  async #stateOf(id: string): Promise<Fact> {
    const { artifacts } = this.#store;
    const found = await artifacts.find('RefreshToken', id);
    if (found === undefined) return (await isGrantRevoked(artifacts, id)) ? 'revoked' : 'destroyed';
    assert.equal(found.id, id);
    if (!('consumed' in found)) return 'written';
    assert.equal(await artifacts.consume('RefreshToken', id), false);
    const answer = await artifacts.findAnswer('RefreshToken', id);
    if (answer === undefined) return 'consumed';
    const successor = await artifacts.find('RefreshToken', `${id} successor`);
    assert.deepEqual([answer, successor], [{ id }, { id }]);
    return 'redeemed';
  }
}
