import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SECTIONS } from '../src/account-pages/sections.ts';
import { consentKey } from '../src/accounts/consents.ts';
import { openStore } from '../src/store/open.ts';
import type { AccountRecord, AuditEvent, Store } from '../src/store/store.ts';
import { signIn } from '../test/support/flow.ts';
import { makeMemoryDirectory } from '../test/support/memory-directory.ts';
import { startTestServer } from '../test/support/server.ts';
import { UserAgent } from '../test/support/user-agent.ts';
import { percentile } from './report/statistics.ts';
import { populate, someClientIds, someUsernames } from './scale/population.ts';
import { ACCOUNT } from './servers/fixture.ts';
import { startRedis } from './servers/redis.ts';

/**
 * Times of every page of /account: `node bench/account-pages.ts [ACCOUNTS [redis]]`, by default a million accounts, a tenth as many clients and
 * a million audit events. One person has 50 sessions, 100 connected applications and 20,000 events; the others have signed in once.
 */

const accounts = Number(process.argv[2] ?? 1_000_000);
const kind = process.argv[3] ?? 'sqlite';
const EVENTS = accounts;
const HEAVY = { sessions: 50, consents: 100, events: 20_000 };
const ROUNDS = 100;
const BATCH = 200;

const population = { accounts, clients: Math.ceil(accounts / 10) };
const redis = kind === 'redis' ? await startRedis(undefined) : undefined;
const address = redis?.address ?? `sqlite:${join(makeMemoryDirectory('account-pages'), 'signet.db')}`;
console.log(`filling ${kind} with ${accounts} accounts, ${population.clients} clients, ${EVENTS} events`);
await populate(address, population);
const store = await openStore(address, { clock: Date.now, production: false });
const [heavy = '', ...light] = someUsernames(population, 9);
await addEvents(store);
await burden(store, await accountOf(heavy));
const server = await startTestServer({ store: address, passwords: { memory: 19_456 } });
try {
  await measure('person with a long history', [heavy]);
  await measure('other people', light);
} finally {
  await store.close();
  await server.stop();
  await redis?.stop();
}

async function measure(title: string, usernames: readonly string[]): Promise<void> {
  const agents = await Promise.all(
    usernames.map(async (username) => {
      const agent = new UserAgent();
      const person = { username, password: ACCOUNT.password };
      await signIn(server.issuer, { agent, person });
      return agent;
    }),
  );
  for (const { path } of SECTIONS) {
    const times: number[] = [];
    let status = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const agent = agents[round % agents.length] ?? new UserAgent();
      const start = performance.now();
      const response = await agent.get(server.issuer + path);
      await response.text();
      times.push(performance.now() - start);
      status = response.status;
      // A page that asks for a proof first redirects.
      if (status !== 200 && status !== 303) throw new Error(`${path}: ${status}`);
    }
    const [p50, p99] = [50, 99].map((share) => percentile(times.slice(5), share).toFixed(1));
    console.log(`${title}: ${path} ${status}: p50 ${p50} ms, p99 ${p99} ms`);
  }
}

async function accountOf(username: string): Promise<AccountRecord> {
  const account = await store.accounts.findByUsername(username);
  if (account === undefined) throw new Error(`there is no ${username}`);
  return account;
}

async function addEvents({ audit }: Pick<Store, 'audit'>): Promise<void> {
  const { id } = await accountOf(heavy);
  const types = ['token.issued', 'login.succeeded', 'token.issued', 'consent.granted'];
  const start = Date.now() - EVENTS;
  for (let first = 0; first < EVENTS; first += BATCH) {
    const events = Array.from({ length: BATCH }, (_, index): AuditEvent => {
      const isHeavy = (first + index) % Math.max(1, Math.floor(EVENTS / HEAVY.events)) === 0;
      return {
        at: start + first + index,
        type: types[(first + index) % types.length] ?? '',
        accountId: isHeavy ? id : `account-${first + index}`,
        clientId: 'demo-web',
        ip: '192.0.2.7',
      };
    });
    await audit.append(events);
  }
}

async function burden({ artifacts, clients }: Store, { id, generation }: AccountRecord): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  for (let index = 0; index < HEAVY.sessions; index += 1) {
    const uid = randomBytes(32).toString('base64url');
    await artifacts.upsert('Session', uid.slice(1), {
      payload: { accountId: id, uid, generation },
      expiresAt: now + 86_400 + index,
      uid,
      accountId: id,
      listed: {
        facts: { beganAt: now, lastUsedAt: now, amr: ['pwd'], clients: [], network: '192.0.2.0/24' },
      },
    });
  }
  for (const clientId of someClientIds(population, HEAVY.consents)) {
    const instance = (await clients.find(clientId))?.instance ?? '';
    const scopes = { openid: ['openid', 'profile', 'email'], resources: {} };
    await artifacts.upsert('Consent', consentKey(id, instance), {
      payload: scopes,
      expiresAt: now + 86_400,
      accountId: id,
      listed: { facts: { ...scopes, clientId, instance, givenAt: now, withdrawals: 0 } },
    });
  }
}
