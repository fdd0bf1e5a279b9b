import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StoreCounts } from '../../src/store/store.ts';
import { type CountedOperations, countOperations } from '../support/store-counts.ts';

type Costs = readonly [reads: number, transactions: number, roundTrips: number, durableWaits: number];

describe('Counting what an operation costs', () => {
  let management: Server;
  let port: number;
  let total: StoreCounts;

  before(async () => {
    management = createServer((_request, response) => {
      response.end(
        [
          `signet_store_reads_total ${total.reads}`,
          `signet_store_transactions_total ${total.transactions}`,
          `signet_store_round_trips_total ${total.roundTrips}`,
          `signet_store_durable_waits_total ${total.durableWaits}`,
        ].join('\n'),
      );
    }).listen(0, '127.0.0.1');
    await once(management, 'listening');
    ({ port } = management.address() as AddressInfo);
  });
  after(() => management.close());
  beforeEach(() => {
    total = { reads: 1000, transactions: 1000, roundTrips: 1000, durableWaits: 1000 };
  });

  const add = ([reads, transactions, roundTrips, durableWaits]: Costs): void => {
    total = {
      reads: total.reads + reads,
      transactions: total.transactions + transactions,
      roundTrips: total.roundTrips + roundTrips,
      durableWaits: total.durableWaits + durableWaits,
    };
  };

  async function count(costs: readonly Costs[], prepare?: () => Promise<void>): Promise<CountedOperations> {
    const next = costs.values();
    return countOperations(port, costs.length, async () => add(next.next().value ?? [0, 0, 0, 0]), prepare);
  }

  it('leaves out work in the background', async () => {
    const { operations, each, mean } = await count([
      [7, 2, 8, 1],
      // The client is no longer cached.
      [8, 2, 9, 1],
      // Audit events are written, and share a round trip with two others.
      [7, 3, 7, 1],
      [7, 2, 8, 1],
    ]);
    assert.equal(operations, 4);
    assert.deepEqual(each, { reads: 7, transactions: 2, roundTrips: 8, durableWaits: 1 });
    assert.deepEqual(mean, { reads: 7.25, transactions: 2.25, roundTrips: 8, durableWaits: 1 });
  });

  it('leaves out the preparation', async () => {
    const prepare = async (): Promise<void> => add([5, 5, 5, 5]);
    const { each } = await count(
      [
        [4, 1, 0, 1],
        [4, 1, 0, 1],
      ],
      prepare,
    );
    assert.deepEqual(each, { reads: 4, transactions: 1, roundTrips: 0, durableWaits: 1 });
  });

  it('refuses operations that differ', async () => {
    const differing = count([
      [1, 2, 0, 0],
      [2, 1, 0, 0],
    ]);
    await assert.rejects(differing, /^Error: operations differ: /);
  });
});
