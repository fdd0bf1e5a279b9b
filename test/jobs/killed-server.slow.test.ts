import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { LogoutReceiver } from '../support/logout-receiver.ts';
import { itLong, LONG } from '../support/long-form.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { figure } from '../support/reporter.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { placeSigningKeys } from '../support/signing-key.ts';
import type { UserAgent } from '../support/user-agent.ts';
import { QUICK_PASSWORDS, UNHURRIED_LIMITS } from '../support/server.ts';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';

const CLIENTS = LONG ? 10 : 4;
const SESSIONS = LONG ? 100 : 2;
const KILLS = LONG ? 5 : 1;
const SECRET = 'a-secret-of-more-than-32-characters';

const idOf = (index: number) => `app-${index}`;
const redirectUri = (index: number) => `https://${idOf(index)}.example/cb`;

describe('The outbox of a server that is killed', function () {
  this.timeout(LONG ? 600_000 : 60_000);
  let receiver: LogoutReceiver;
  let directory: string;
  let issuer: string;
  let env: Record<string, string>;
  let store: Store;
  let server: ServerProcess | undefined;
  let workers: WorkerProcesses | undefined;

  beforeEach(async () => {
    receiver = await new LogoutReceiver().start();
    directory = makeMemoryDirectory('outbox');
    mkdirSync(join(directory, 'keys'), { mode: 0o700 });
    await placeSigningKeys(join(directory, 'keys'), ['RS256']);
    issuer = await freeIssuer();
    const clients = Array.from({ length: CLIENTS }, (_, index) => ({
      client_id: idOf(index),
      client_secret: SECRET,
      first_party: true,
      redirect_uris: [redirectUri(index)],
      backchannel_logout_uri: `${receiver.origin}/${idOf(index)}`,
    }));
    const limits = UNHURRIED_LIMITS;
    const config = {
      issuer,
      clients,
      limits,
      passwords: QUICK_PASSWORDS,
      outbound: { privateNetworks: true },
    };
    writeFileSync(join(directory, 'signet.yaml'), JSON.stringify(config));
    env = { SIGNET_PORT: new URL(issuer).port, SIGNET_STORE: `sqlite:${join(directory, 'signet.db')}` };
  });
  afterEach(async () => {
    await server?.end('SIGKILL');
    await workers?.end();
    await store?.close();
    await receiver.stop();
    rmSync(directory, { recursive: true, force: true });
    [server, workers] = [undefined, undefined];
  });

  const open = async () =>
    void (store = await openStore(`sqlite:${join(directory, 'signet.db')}`, { clock: Date.now }));

  /** Signs in at every client. */
  async function visitAll(): Promise<{ agent: UserAgent; hint: string }> {
    const client = { id: idOf(0), secret: SECRET, redirectUri: redirectUri(0) };
    const { agent, tokens } = await signIn(issuer, { client });
    for (let index = 1; index < CLIENTS; index++) {
      const request = authorizationRequest(issuer, {
        client_id: idOf(index),
        redirect_uri: redirectUri(index),
      });
      const { headers } = await agent.get(request.url);
      assert.match(headers.get('location') ?? '', /[?&]code=/);
    }
    return { agent, hint: String(tokens.id_token) };
  }

  const signOut = async ({ agent, hint }: Awaited<ReturnType<typeof visitAll>>) => {
    const { status } = await agent.get(`${issuer}/logout?id_token_hint=${hint}`);
    assert.equal(status, 303);
  };

  /** The `sid` of each token that was answered with 200. */
  const received = () =>
    receiver.received.flatMap(({ token, status }) => (status === 200 ? [String(decodeJwt(token).sid)] : []));

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition())) await sleep(20);
  }

  const waiting = async () => (await store.jobs.list({ state: 'waiting' }, { limit: 9999 })).jobs;

  /** What waits for its back-off is due. Jobs that the killed process has claimed stay with their claims for half a minute. */
  async function skipBackOff(): Promise<void> {
    for (const { id, reason } of await waiting()) if (reason !== undefined) await store.jobs.retry(id);
  }

  it('loses no logout token', async () => {
    server = await startServerProcess(directory, env);
    await open();
    const sessions = [];
    for (let n = 0; n < SESSIONS; n++) sessions.push(await visitAll());
    const begin = performance.now();
    const total = SESSIONS * CLIENTS;
    const failures = total / CLIENTS / 2;
    for (let index = 0; index < CLIENTS; index++)
      receiver.answers.set(`/${idOf(index)}`, Array<number>(Math.ceil(failures)).fill(503));
    for (let kill = 0; kill < KILLS; kill++) {
      for (const session of sessions.splice(0, Math.ceil(SESSIONS / KILLS))) await signOut(session);
      // The short form kills it between two attempts, the long one during them.
      await until(async () => LONG || (await waiting()).every(({ reason }) => reason !== undefined));
      await server.end('SIGKILL');
      await skipBackOff();
      server = await startServerProcess(directory, env);
    }
    for (const session of sessions) await signOut(session);
    while ((await waiting()).length > 0) {
      await skipBackOff();
      await sleep(100);
    }
    const sids = received();
    assert.equal(new Set(sids).size, total);
    const seconds = Math.round((performance.now() - begin) / 1000);
    figure(
      `${total} logout tokens, server killed ${KILLS} times: none lost, ${sids.length - total} sent again, ${seconds} s`,
    );
  });

  // In the short form, several processes claim each job once (test/store/races.ts), and of two runners one sends (runner.test.ts).
  itLong('of two workers, one sends each logout token', async () => {
    workers = await WorkerProcesses.start(directory, ['--workers', '2'], env);
    await open();
    const sessions = [await visitAll(), await visitAll()];
    await Promise.all(sessions.map(signOut));
    await until(async () => (await waiting()).length === 0);
    const sids = received();
    assert.deepEqual([sids.length, new Set(sids).size], [2 * CLIENTS, 2 * CLIENTS]);
  });
});
