import { openStore } from '../../src/store/open.ts';
import { needRedis, startRedis } from '../support/redis-server.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { assertCosts, type OperationCosts } from './counts.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const SQLITE: OperationCosts = {
  'a durable artifact': [0, 1, 0, 1],
  'a local artifact': [0, 1, 0, 0],
  'an artifact with a uid': [0, 1, 0, 0],
  find: [1, 0, 0, 0],
  'find what is not accepted': [1, 0, 0, 0],
  'find by uid': [1, 0, 0, 0],
  update: [1, 1, 0, 0],
  'a session and a code': [1, 1, 0, 0],
  'a session that gets another id': [1, 1, 0, 0],
  'a refresh': [0, 1, 0, 1],
  'a refresh that is too late': [2, 1, 0, 1],
  'find the answer': [1, 0, 0, 0],
  consume: [0, 1, 0, 1],
  'a replay id': [0, 1, 0, 1],
  'a replay id of DPoP': [0, 1, 0, 0],
  'revoke a grant': [0, 1, 0, 1],
  'find an account': [1, 0, 0, 0],
  'find by username': [1, 0, 0, 0],
  'find by an unknown username': [1, 0, 0, 0],
  'find by email address': [1, 0, 0, 0],
  'find by an unknown email address': [1, 0, 0, 0],
  'change an account': [2, 1, 0, 1],
  'change an account, and tell its person': [2, 1, 0, 1],
  'count an attempt': [0, 1, 0, 0],
  'append audit events': [0, 1, 0, 0],
};

const REDIS: OperationCosts = {
  'a durable artifact': [0, 3, 2, 2],
  'a local artifact': [0, 3, 2, 0],
  'an artifact with a uid': [0, 3, 2, 0],
  find: [3, 0, 2, 0],
  'find what is not accepted': [1, 0, 1, 0],
  'find by uid': [3, 0, 3, 0],
  update: [2, 3, 4, 0],
  'a session and a code': [3, 6, 4, 0],
  'a session that gets another id': [3, 5, 5, 0],
  'a refresh': [4, 6, 3, 3],
  'a refresh that is too late': [3, 2, 2, 1],
  'find the answer': [1, 0, 1, 0],
  consume: [3, 1, 3, 1],
  'a replay id': [0, 1, 1, 1],
  'a replay id of DPoP': [0, 1, 1, 0],
  'revoke a grant': [0, 1, 1, 1],
  'find an account': [1, 0, 1, 0],
  'find by username': [2, 0, 2, 0],
  'find by an unknown username': [2, 0, 2, 0],
  'find by email address': [2, 0, 2, 0],
  'find by an unknown email address': [2, 0, 2, 0],
  'change an account': [1, 1, 2, 1],
  'change an account, and tell its person': [1, 3, 3, 2],
  'count an attempt': [0, 1, 1, 0],
  'append audit events': [0, 1, 1, 0],
};

describe('The costs of an operation', function () {
  this.timeout(60_000);
  const path = temporaryDirectory();

  it('are counted in SQLite', async () => {
    const store = await openStore(`sqlite:${path('counts.db')}`, { clock: Date.now });
    try {
      await assertCosts(store, SQLITE);
    } finally {
      await store.close();
    }
  });

  it('are counted in Redis', async function () {
    await needRedis(this);
    const server = await startRedis();
    const store = await openStore(`redis://127.0.0.1:${server.port}`, { clock: Date.now });
    try {
      await assertCosts(store, REDIS);
    } finally {
      await store.close();
      await server.stop();
    }
  });

  it('are the same in a Redis Cluster', async function () {
    await needRedis(this);
    const cluster = await sharedCluster();
    await cluster.flush();
    const store = await openStore(cluster.address, { clock: Date.now });
    try {
      await assertCosts(store, REDIS);
    } finally {
      await store.close();
      await cluster.flush();
    }
  });
});
