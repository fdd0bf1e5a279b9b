import assert from 'node:assert/strict';
import { type Clock, install } from '@sinonjs/fake-timers';
import { type Audit, createAudit } from '../../src/audit/audit.ts';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import type { AuditEvent, AuditStore } from '../../src/store/store.ts';

describe('The audit trail', () => {
  let clock: Clock;
  let batches: AuditEvent[][];
  let errors: unknown[];
  let failure: Error | undefined;
  let audit: Audit;

  beforeEach(() => {
    clock = install({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_800_000_000_123 });
    batches = [];
    errors = [];
    failure = undefined;
    const store: AuditStore = {
      async append(events) {
        if (failure !== undefined) throw failure;
        batches.push([...events]);
      },
      list: async () => [],
      async *search() {},
      prune: async () => 0,
    };
    audit = createAudit({ store: { audit: store }, clock: Date.now, onError: (error) => errors.push(error) });
  });

  afterEach(() => clock.uninstall());

  const record = (count: number): void => {
    for (let index = 0; index < count; index += 1)
      audit.record({ type: 'login.failed', traceId: String(index) });
  };
  const sizes = () => batches.map((batch) => batch.length);

  it('writes events after 100 milliseconds, in one batch, in order, with their times', async () => {
    audit.record({ type: 'login.succeeded', accountId: 'a' });
    await clock.tickAsync(60);
    audit.record({ type: 'session.ended', actor: { kind: 'person', id: 'a' } });
    await clock.tickAsync(39);
    assert.deepEqual(batches, []);
    await clock.tickAsync(1);
    assert.deepEqual(batches, [
      [
        { at: 1_800_000_000_123, type: 'login.succeeded', accountId: 'a' },
        { at: 1_800_000_000_183, type: 'session.ended', actor: { kind: 'person', id: 'a' } },
      ],
    ]);
  });

  it('records the events of one actor', async () => {
    const actor = { kind: 'operator', id: 'jane', via: 'command' } as const;
    audit.as(actor).record({ type: 'account.disabled', accountId: 'a' });
    await audit.flush();
    assert.deepEqual(batches, [[{ at: 1_800_000_000_123, type: 'account.disabled', accountId: 'a', actor }]]);
  });

  it('takes an actor for exactly those types that do not imply one', () => {
    // @ts-expect-error -- no type says who disables an account
    audit.record({ type: 'account.disabled', accountId: 'a' });
    // @ts-expect-error -- the client of the event
    audit.record({ type: 'token.issued', clientId: 'web', actor: { kind: 'system' } });
    audit.record({ type: 'token.issued', clientId: 'web' });
  });

  it('writes at once when 200 events are buffered, in batches of 200', async () => {
    record(450);
    await clock.tickAsync(0);
    assert.deepEqual(sizes(), [200, 200, 50]);
  });

  it('writes on flush', async () => {
    record(3);
    await audit.flush();
    assert.deepEqual(sizes(), [3]);
    await clock.tickAsync(1000);
    assert.deepEqual(sizes(), [3]);
  });

  it('retries while the store is unavailable, without losing or repeating events', async () => {
    failure = new StoreUnavailableError('locked');
    record(250);
    await audit.flush();
    assert.equal(errors[0], failure);
    assert.equal(audit.dropped, 0);
    failure = undefined;
    await clock.tickAsync(1000);
    assert.deepEqual(
      batches.flat().map(({ traceId }) => Number(traceId)),
      Array.from({ length: 250 }, (_, index) => index),
    );
  });

  it('drops a batch that the store rejects, and continues', async () => {
    failure = new TypeError('cannot be stored');
    record(1);
    await audit.flush();
    failure = undefined;
    record(2);
    await audit.flush();
    assert.deepEqual(sizes(), [2]);
    assert.equal(audit.dropped, 1);
    assert.equal(errors.length, 1);
  });

  it('buffers 10,000 events and counts the dropped ones', async () => {
    failure = new StoreUnavailableError('locked');
    record(10_007);
    assert.equal(audit.dropped, 7);
    failure = undefined;
    await audit.flush();
    assert.equal(batches.flat().length, 10_000);
  });

  it('writes the buffer on close, and records nothing afterwards', async () => {
    record(3);
    await audit.close();
    assert.deepEqual(sizes(), [3]);
    record(1);
    await clock.tickAsync(2000);
    assert.deepEqual(sizes(), [3]);
    assert.equal(audit.dropped, 1);
  });

  it('closes while the store is unavailable', async () => {
    failure = new StoreUnavailableError('locked');
    record(3);
    await audit.close();
    assert.equal(audit.dropped, 3);
    assert.equal(clock.countTimers(), 0);
  });

  it('stores events as they were recorded', async () => {
    const store = await openStore('sqlite::memory:', { clock: Date.now });
    const real = createAudit({ store, clock: Date.now, onError: (error) => errors.push(error) });
    real.record({ type: 'login.failed', clientId: 'web', ip: '::1', traceId: 't', detail: { reason: 'x' } });
    await real.close();
    const [event] = await store.audit.list({ limit: 10 });
    assert.deepEqual(event, {
      at: 1_800_000_000_123,
      type: 'login.failed',
      clientId: 'web',
      ip: '::1',
      traceId: 't',
      detail: { reason: 'x' },
    });
    await store.close();
    assert.deepEqual(errors, []);
  });
});
