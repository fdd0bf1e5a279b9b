import assert from 'node:assert/strict';
import type { DescribedEvent } from '../../src/audit/described-event.ts';
import { type AuditSearch, searchEvents } from '../../src/audit/search.ts';
import type { AuditEvent, Store } from '../../src/store/store.ts';

/** Searches of the audit trail, the same for every store. */

const TRACE = '019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40';
/** The time in `TRACE`. */
const ARRIVED = 0x019b2f6a8c1e;

const OPERATOR = { kind: 'operator', id: 'jane', via: 'command' } as const;

const EVENTS: AuditEvent[] = [
  { at: 1, type: 'account.added', actor: OPERATOR, accountId: 'alice' },
  { at: 2, type: 'client.added', actor: { kind: 'system' }, clientId: 'web' },
  { at: 3, type: 'login.failed', accountId: 'alice', clientId: 'web', ip: '203.0.113.9' },
  { at: 4, type: 'login.succeeded', accountId: 'alice', clientId: 'web', ip: '203.0.113.9' },
  { at: 5, type: 'token.issued', accountId: 'alice', clientId: 'web' },
  { at: 6, type: 'token.issued', clientId: 'job' },
  { at: 7, type: 'client.authentication_failed', clientId: 'job', ip: '203.0.113.9' },
  {
    at: 8,
    type: 'token.revoked',
    actor: { kind: 'client', id: 'job' },
    clientId: 'job',
    detail: { jti: 'j1' },
  },
  { at: 9, type: 'key.announced', actor: { kind: 'system' }, detail: { kid: 'k1' } },
  {
    at: 10,
    type: 'session.ended',
    actor: { kind: 'operator', id: 'kim', via: 'command' },
    target: { kind: 'session', id: 's1' },
    accountId: 'alice',
  },
  { at: 11, type: 'session.ended', actor: { kind: 'person', id: 'bob' }, accountId: 'bob' },
  // By a version that names no actors, and by a version that knows more types.
  { at: 12, type: 'account.disabled', accountId: 'bob' },
  { at: 13, type: 'some.future_event', accountId: 'bob' },
  { at: ARRIVED + 20, type: 'consent.denied', accountId: 'bob', clientId: 'web', traceId: TRACE },
  {
    at: ARRIVED + 30,
    type: 'token.issued',
    clientId: 'web',
    traceId: '019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d41',
  },
  { at: ARRIVED + 90_000, type: 'token.issued', clientId: 'web', traceId: TRACE },
];

/** By time; that of a request as its offset. */
const CASES: readonly [name: string, search: AuditSearch, times: readonly number[]][] = [
  ['nothing', {}, [90_000, 30, 20, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
  ['an operator', { actor: { kind: 'operator', id: 'jane' } }, [1]],
  ['operators', { actor: { kind: 'operator' } }, [12, 10, 1]],
  ['the system', { actor: { kind: 'system' } }, [9, 2]],
  ['a person', { actor: { kind: 'person', id: 'alice' } }, [4]],
  ['another person', { actor: { kind: 'person', id: 'bob' } }, [20, 11]],
  ['persons, also unproven', { actor: { kind: 'person' } }, [20, 11, 4, 3]],
  ['a client', { actor: { kind: 'client', id: 'job' } }, [8, 6]],
  ['a client and a type', { actor: { kind: 'client', id: 'job' }, type: 'token.issued' }, [6]],
  ['a client and another client', { actor: { kind: 'client', id: 'job' }, clientId: 'web' }, []],
  ['a target account', { target: { kind: 'account', id: 'alice' } }, [4, 3, 1]],
  [
    'a target account that was not attacked',
    { target: { kind: 'account', id: 'alice' }, outcome: 'success' },
    [4, 1],
  ],
  ['a target client', { target: { kind: 'client', id: 'job' } }, [7]],
  ['target clients', { target: { kind: 'client' } }, [7, 2]],
  ['a target key', { target: { kind: 'key', id: 'k1' } }, [9]],
  ['a target token', { target: { kind: 'token', id: 'j1' } }, [8]],
  ['a target session', { target: { kind: 'session', id: 's1' } }, [10]],
  ['an unknown target', { target: { kind: 'session', id: 's2' } }, []],
  ['failure', { outcome: 'failure' }, [20, 7, 3]],
  ['failure and a type that is none', { outcome: 'failure', type: 'token.issued' }, []],
  ['success of a client', { outcome: 'success', clientId: 'web' }, [90_000, 30, 5, 4, 2]],
  ['an address', { ip: '203.0.113.9' }, [7, 4, 3]],
  ['an address and failure', { ip: ['203.0.113.9', '::1'], outcome: 'failure' }, [7, 3]],
  ['a trace id, near its time', { traceId: TRACE }, [20]],
  ['a trace id and a time', { traceId: TRACE, until: ARRIVED + 20 }, []],
  [
    'an actor, a target and an outcome',
    { actor: OPERATOR, target: { kind: 'account', id: 'alice' }, outcome: 'success' },
    [1],
  ],
];

/** @param open opens an empty store */
export function describeSearches(name: string, open: () => Promise<Store>): void {
  describe(`Searches of the audit trail: ${name}`, () => {
    let store: Store;
    before(async () => {
      store = await open();
      await store.audit.append(EVENTS);
    });
    after(() => store.close());

    for (const [title, search, times] of CASES) {
      it(`find the events of ${title}`, async () => {
        const found = await collect(store, search);
        assert.deepEqual(
          found.map(({ at }) => (at < 100 ? at : at - ARRIVED)),
          times,
        );
      });
    }
  });
}

export async function collect(
  { audit }: Pick<Store, 'audit'>,
  search: AuditSearch,
): Promise<DescribedEvent[]> {
  const found: DescribedEvent[] = [];
  for await (const event of searchEvents(audit, search)) found.push(event);
  return found;
}

/** Who did what to what, in the events that 0.1.0 wrote (`../store/fixtures`), each kind of event once. */
export const OF_010: readonly string[] = [
  'account.added: success, operator by command, account',
  'account.changed: success, operator by command, account',
  'account.disabled: success, operator by command, account',
  'account.enabled: success, operator by command, account',
  'account.password_set: success, operator by command, account',
  'account.removed: success, operator by command, account',
  'account.unlocked: success, operator by command, account',
  'client.added: success, unknown, client',
  'client.authentication_failed: failure, client without id, client',
  'client.removed: success, unknown, client',
  'client.secret_rotated: success, operator by command, client',
  'consent.denied: failure, person, consent without id',
  'consent.granted: success, person, consent without id',
  'key.announced: success, operator by command, key',
  'key.promoted: success, operator by command, key',
  'key.withdrawn: success, operator by command, key',
  'keys.read: success, client without id, key without id',
  'login.failed: failure, person without id, account',
  'login.failed: failure, person without id, account without id',
  'login.succeeded: success, person, account',
  'session.ended: success, person, session without id',
  'token.issued: success, client, token without id',
  'token.reused: failure, client, grant without id',
  'token.revoked: success, unknown, token without id',
];

export async function kindsIn(store: Pick<Store, 'audit'>): Promise<string[]> {
  const kinds = (await collect(store, {})).map(({ type, outcome, actor, target }) => {
    const party = (of: { kind: string; id?: string | undefined } | undefined) =>
      of === undefined
        ? 'unknown'
        : `${of.kind}${of.id === undefined && of.kind !== 'system' ? ' without id' : ''}`;
    const who = actor?.via === undefined ? party(actor) : `${actor.kind} by ${actor.via}`;
    return `${type}: ${outcome}, ${who}, ${party(target)}`;
  });
  return [...new Set(kinds)].toSorted();
}
