import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { COMMAND } from '../cli/run-signet.ts';
import { eventually } from '../support/eventually.ts';
import { findOrInstall, INSTALL_TIMEOUT } from '../support/find-or-install.ts';
import { MACHINE, token } from '../support/flow.ts';
import { freePort } from '../support/free-port.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { skip } from '../support/skip.ts';

const run = promisify(execFile);

/** The configuration of docs/apis.md, with the keys that the command has written. */
function configuration(port: number, directory: string): string {
  const kids = readdirSync(directory).map((name) => name.replace(/\.pem$/, ''));
  const checks = kids.map(
    (kid) =>
      `  http-request set-var(txn.valid) var(txn.token),jwt_verify(txn.alg,"${join(directory, kid)}.pem") if { var(txn.kid) -m str ${kid} }`,
  );
  return `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend api
  bind 127.0.0.1:${port}
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request set-var(txn.kid) var(txn.token),jwt_header_query('$.kid')
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
${checks.join('\n')}
  http-request deny deny_status 401 unless { var(txn.valid) -m int 1 }
  http-request return status 200
`;
}

describe('HAProxy with the files of signet keys export', () => {
  let server: TestServer;
  let haproxy: ChildProcess;
  let origin: string;

  before(async function () {
    this.timeout(INSTALL_TIMEOUT + 30_000);
    process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin`;
    const program = await findOrInstall(['haproxy'], 'haproxy');
    if (program === undefined) skip(this, 'haproxy is missing', 'apt-get install haproxy');
    server = await startTestServer({ signingAlgorithms: ['RS256', 'ES256'] });
    const { issuer, store, keys } = server.config;
    const directory = join(server.directory, 'exported');
    const env = { PATH: process.env.PATH, SIGNET_ISSUER: issuer, SIGNET_STORE: store, SIGNET_KEYS: keys };
    const args = [COMMAND, 'keys', 'export', '--pem', '--alg', 'RS256', '--out', directory];
    await run(process.execPath, args, { env, cwd: server.directory });
    const file = join(server.directory, 'haproxy.cfg');
    const start = async (): Promise<void> => {
      const port = await freePort();
      writeFileSync(file, configuration(port, directory));
      haproxy = spawn(program, ['-db', '-f', file], { stdio: 'ignore' });
      origin = `http://127.0.0.1:${port}`;
    };
    await start();
    await eventually('HAProxy answers', async () => {
      // Another process has got the port meanwhile.
      if (haproxy.exitCode !== null) await start();
      return (await fetch(origin)).status === 401;
    });
  });
  after(async () => {
    if (haproxy?.exitCode === null) {
      haproxy.kill();
      await once(haproxy, 'exit');
    }
    await server?.stop();
  });

  it('accepts a token of the server, and none with another signature, algorithm or form', async () => {
    const { body } = await token(server.issuer, { grant_type: 'client_credentials' }, MACHINE);
    const [head = '', payload = ''] = body.access_token.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const candidates = [body.access_token, `${head}.${payload}.AAAA`, unsigned, 'x'];
    const statuses = candidates.map(
      async (candidate) =>
        (await fetch(origin, { headers: { Authorization: `Bearer ${candidate}` } })).status,
    );
    assert.deepEqual(await Promise.all(statuses), [200, 401, 401, 401]);
  });
});
