import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMailing } from '../../src/app/mailing.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createMessages } from '../../src/messages/messages.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { figure } from '../support/reporter.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { placeSigningKeys } from '../support/signing-key.ts';
import { freeIssuer } from '../support/worker-processes.ts';
import { answer, MailServer } from './mail-server.ts';

const MAILS = LONG ? 1000 : 12;
const KILLS = LONG ? 5 : 1;

/** Mails whose answer a process has got and not stored yet (`jobs/runner.ts`). */
const MOST_DOUBLED = 16 * KILLS;

describe('Mails of a server that is killed', function () {
  this.timeout(LONG ? 600_000 : 60_000);
  let mailServer: MailServer;
  let directory: string;
  let store: Store;
  let server: ServerProcess | undefined;
  before(async () => {
    mailServer = new MailServer();
    directory = makeMemoryDirectory('mails');
    mkdirSync(join(directory, 'keys'), { mode: 0o700 });
    await placeSigningKeys(join(directory, 'keys'), ['RS256']);
  });
  after(async () => {
    await server?.end('SIGKILL');
    await store?.close();
    await mailServer.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const waiting = async () => (await store.jobs.list({ state: 'waiting' }, { limit: 9999 })).jobs;

  /** What waits for its back-off is due. What the killed process has claimed stays claimed for half a minute. */
  async function skipBackOff(): Promise<void> {
    for (const { id, reason } of await waiting()) if (reason !== undefined) await store.jobs.retry(id);
  }

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition())) await sleep(20);
  }

  it('are sent, and doubled only where the kill falls between the answer and its mark', async () => {
    const issuer = await freeIssuer();
    const mail = { server: `smtp://127.0.0.1:${await mailServer.start()}`, from: 'login@example.com' };
    writeFileSync(join(directory, 'signet.yaml'), JSON.stringify({ issuer, mail }));
    const address = `sqlite:${join(directory, 'signet.db')}`;
    const env = { SIGNET_PORT: new URL(issuer).port, SIGNET_STORE: address };
    // The short form kills it between two attempts, the long one during them.
    if (!LONG) {
      mailServer.onMessage = () => {
        throw answer(450);
      };
    }
    store = await openStore(address, { clock: Date.now });
    const config = parseConfig({ issuer, mail, keys: join(directory, 'keys') });
    const sealer = createSealer(config);
    const parts = { audit: { record: () => {} }, log: { warn: () => {} }, clock: Date.now };
    const { mail: mails } = createMailing({ config, messages: createMessages(), store, sealer, ...parts });
    const begin = performance.now();
    for (let n = 0; n < MAILS; n += 1) await mails.send('test', { to: `person${n}@example.com` });
    server = await startServerProcess(directory, env);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await until(async () =>
        LONG
          ? mailServer.received.length >= (MAILS * kill) / (KILLS + 1)
          : (await waiting()).every(({ reason }) => reason !== undefined),
      );
      await server.end('SIGKILL');
      mailServer.onMessage = () => {};
      await skipBackOff();
      server = await startServerProcess(directory, env);
    }
    while ((await waiting()).length > 0) {
      await skipBackOff();
      await sleep(100);
    }
    const byAddress = Map.groupBy(mailServer.received, ({ to }) => to[0]);
    assert.equal(byAddress.size, MAILS);
    const doubled = [...byAddress.values()].filter((received) => received.length > 1);
    assert.ok(doubled.length <= MOST_DOUBLED, `${doubled.length} doubled`);
    // With the same Message-ID, and all else the same.
    for (const received of doubled) assert.equal(new Set(received.map(({ message }) => message)).size, 1);
    const seconds = Math.round((performance.now() - begin) / 1000);
    figure(
      `${MAILS} mails, server killed ${KILLS} times: none lost, ${mailServer.received.length - MAILS} doubled, ${seconds} s`,
    );
  });
});
