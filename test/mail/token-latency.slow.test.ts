import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMailing } from '../../src/app/mailing.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createMessages } from '../../src/messages/messages.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import { MACHINE, token } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { figure } from '../support/reporter.ts';
import { startServerProcess } from '../support/server-process.ts';
import { placeSigningKeys } from '../support/signing-key.ts';
import { freeIssuer } from '../support/worker-processes.ts';
import { MailServer } from './mail-server.ts';

const MAILS = 1000;
const SECONDS = 10;

const quantile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);

// A measurement without an expectation: in the long form alone.
if (LONG) {
  describe('Token requests while mails are sent', function () {
    this.timeout(120_000);

    it('are measured', async () => {
      const mailServer = new MailServer();
      const directory = makeMemoryDirectory('token-latency');
      mkdirSync(join(directory, 'keys'), { mode: 0o700 });
      await placeSigningKeys(join(directory, 'keys'), ['RS256']);
      const issuer = await freeIssuer();
      const mail = { server: `smtp://127.0.0.1:${await mailServer.start()}`, from: 'login@example.com' };
      writeFileSync(join(directory, 'signet.yaml'), JSON.stringify({ issuer, mail }));
      const address = `sqlite:${join(directory, 'signet.db')}`;
      const env = { SIGNET_PORT: new URL(issuer).port, SIGNET_STORE: address };
      const store = await openStore(address, { clock: Date.now });
      const server = await startServerProcess(directory, env);
      const measure = async (): Promise<string> => {
        const times: number[] = [];
        const end = performance.now() + SECONDS * 1000;
        while (performance.now() < end) {
          const begin = performance.now();
          await token(issuer, { grant_type: 'client_credentials', scope: 'messages:read' }, MACHINE);
          times.push(performance.now() - begin);
        }
        times.sort((one, other) => one - other);
        return `p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms`;
      };
      try {
        await measure();
        const idle = await measure();
        const config = parseConfig({ issuer, mail, keys: join(directory, 'keys') });
        const parts = { audit: { record: () => {} }, log: { warn: () => {} }, clock: Date.now };
        const options = { config, messages: createMessages(), store, sealer: createSealer(config), ...parts };
        const { mail: mails } = createMailing(options);
        for (let n = 0; n < MAILS; n += 1) await mails.send('test', { to: `person${n}@example.com` });
        const before = mailServer.received.length;
        const busy = await measure();
        const sent = mailServer.received.length - before;
        figure(`/token idle: ${idle}; while ${sent} mails are sent in ${SECONDS} s: ${busy}`);
      } finally {
        await server.end('SIGKILL');
        await store.close();
        await mailServer.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    });
  });
}
