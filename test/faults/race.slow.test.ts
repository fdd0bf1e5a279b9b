import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { LONG } from '../support/long-form.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { freeIssuer } from '../support/worker-processes.ts';
import { configureRaces, itIsGoodForOne, ROUNDS } from './races.ts';

for (const replayWindow of LONG ? [0, 10] : [0]) {
  describe(`of fifty concurrent requests over two servers on one database file with a replay window of ${replayWindow} s, one succeeds with`, function () {
    this.timeout(20_000 + ROUNDS * 5000);
    let directory: string;
    let issuer: string;
    const servers: ServerProcess[] = [];

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'signet-race-'));
      configureRaces(directory, replayWindow);
      issuer = await freeIssuer();
      const env = { SIGNET_ISSUER: issuer, SIGNET_LOG_LEVEL: 'info' };
      servers.push(await startServerProcess(directory, env));
      servers.push(await startServerProcess(directory, { ...env, SIGNET_PORT: String(await freePort()) }));
    });
    after(async () => {
      for (const server of servers) await server.end('SIGINT');
      rmSync(directory, { recursive: true, force: true });
    });

    itIsGoodForOne(
      () => ({ issuer, ports: servers.map(({ port }) => port) }),
      '2 servers on SQLite',
      replayWindow,
    );
  });
}
