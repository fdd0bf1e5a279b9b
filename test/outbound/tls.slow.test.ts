import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOrInstall } from '../support/find-or-install.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { skip } from '../support/skip.ts';

const run = promisify(execFile);
const SELF_SIGNED =
  'req -x509 -nodes -days 1 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=rp.example -addext subjectAltName=DNS:rp.example';

/** Certificates are those that Node trusts at the start of a process, so that each attempt is one. */
describe('an outbound request over TLS', () => {
  const directory = makeMemoryDirectory('outbound');
  const certificate = join(directory, 'certificate.pem');
  let server: Server;
  let port: number;
  let requests = 0;
  before(async function () {
    const openssl = await findOrInstall(['openssl'], 'openssl');
    if (openssl === undefined) skip(this, 'openssl is missing', 'apt-get install openssl');
    const key = join(directory, 'key.pem');
    await run(openssl, [...SELF_SIGNED.split(' '), '-out', certificate, '-keyout', key]);
    const files = { cert: readFileSync(certificate), key: readFileSync(key) };
    server = createServer(files, (_request, response) => {
      requests += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function attempt(host: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const program = `
      import { createOutbound } from '${join(import.meta.dirname, '../../src/outbound/create-outbound.ts')}';
      const { get } = createOutbound({
        settings: { privateNetworks: true, http: false },
        clock: Date.now,
        log: { warn() {} },
        metrics: { outboundRequest() {} },
        resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      });
      get('https://${host}:${port}/', { purpose: 'jwks_uri' }).then(
        () => console.log('ok'),
        ({ failure, detail }) => console.log(failure, detail),
      );`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, ...env },
    });
    return stdout.trim();
  }

  it('accepts certificates that Node trusts, also those in NODE_EXTRA_CA_CERTS, for their host only', async () => {
    const trusting = { NODE_EXTRA_CA_CERTS: certificate };
    assert.deepEqual(
      await Promise.all([
        attempt('rp.example'),
        attempt('rp.example', trusting),
        attempt('other.example', trusting),
      ]),
      ['connection DEPTH_ZERO_SELF_SIGNED_CERT', 'ok', 'connection ERR_TLS_CERT_ALTNAME_INVALID'],
    );
    assert.equal(requests, 1);
  });
});
