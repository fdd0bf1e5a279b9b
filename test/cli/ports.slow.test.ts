import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/config.ts';
import { openStore } from '../../src/store/open.ts';
import { MACHINE, token } from '../support/flow.ts';
import { freePort } from '../support/free-port.ts';
import { itLong } from '../support/long-form.ts';
import { addAuthenticatorApp } from '../support/second-factor.ts';
import { placeSigningKeys } from '../support/signing-key.ts';
import { finish, Workplace } from './run-signet.ts';

/** The variables for the four ports of `signet dev`. */
const VARIABLES = [
  'SIGNET_PORT',
  'SIGNET_MANAGEMENT_PORT',
  'RESOURCE_SERVER_PORT',
  'SAMPLE_APP_PORT',
] as const;
type Ports = Record<(typeof VARIABLES)[number], string>;

describe('The ports of signet dev', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  let ports: Ports;

  beforeEach(async () => {
    workplace = new Workplace({ store: false, ownProcess: false });
    const free = await Promise.all(VARIABLES.map(async (name) => [name, String(await freePort())] as const));
    ports = Object.fromEntries(free) as Ports;
    await placeSigningKeys(join(workplace.directory, 'keys'));
  });
  afterEach(() => workplace.remove());

  it('are set by one variable each, and dependent settings follow', async () => {
    const child = workplace.start(['dev'], { env: ports });
    const ended = finish(child);
    try {
      const banner = await untilItSays(child, 'Stop with Ctrl-C');
      const issuer = `http://localhost:${ports.SIGNET_PORT}`;
      const api = `http://localhost:${ports.RESOURCE_SERVER_PORT}`;
      const app = `http://localhost:${ports.SAMPLE_APP_PORT}`;
      assert.deepEqual([...new Set(banner.match(/http:\/\/localhost:\d+/g))], [issuer, api, app]);
      const { SIGNET_MANAGEMENT_PORT: managementPort, ...named } = ports;
      const again = Object.entries(named).map(([name, value]) => `${name}=${value}`);
      assert.ok(banner.includes(`  In another terminal: ${again.join(' ')} npm run demo\n`), banner);

      const discovery = await fetch(`${issuer}/.well-known/openid-configuration`);
      assert.equal(((await discovery.json()) as { issuer: string }).issuer, issuer);
      const home = await (await fetch(issuer, { headers: { accept: 'text/html' } })).text();
      assert.ok(home.includes(`href="${app}/"`));
      assert.equal((await fetch(`http://127.0.0.1:${managementPort}/readyz`)).status, 200);
      const signIn = await fetch(`${app}/`);
      assert.equal(signIn.status, 200);

      const demo = await workplace.run(['demo'], { env: ports });
      assert.deepEqual([demo.code, demo.stderr], [0, '']);
      assert.match(demo.stdout, new RegExp(`"aud": "${api}"`));
      await giveAliceAnApp(workplace.directory);
      const second = await workplace.run(['demo'], { env: ports });
      assert.match(second.stderr, /alice has a second factor, .* signet user factors alice --remove all\n$/);
    } finally {
      child.kill('SIGTERM');
    }
    assert.equal((await ended).stderr, '');
  });

  async function giveAliceAnApp(directory: string): Promise<void> {
    const store = await openStore(`sqlite:${join(directory, 'data/signet.db')}`, { clock: Date.now });
    const alice = await store.accounts.findByUsername('alice');
    assert.ok(alice !== undefined);
    const config = parseConfig({ keys: join(directory, 'keys') });
    await addAuthenticatorApp({ store, config }, alice);
    await store.close();
  }

  for (const path of ['/auth', '/auth/']) {
    const itForPath = path === '/auth' ? it : itLong;
    itForPath(
      `work with an issuer that has the path ${path}: the samples, the demo, and the verification of a token`,
      async () => {
        const base = `http://localhost:${ports.SIGNET_PORT}/auth`;
        const env = { ...ports, SIGNET_ISSUER: `http://localhost:${ports.SIGNET_PORT}${path}` };
        const child = workplace.start(['dev'], { env });
        const ended = finish(child);
        try {
          const banner = await untilItSays(child, 'Stop with Ctrl-C');
          const addresses = new Set(banner.match(/http:\/\/localhost:\d+\/auth\S*/g));
          assert.deepEqual(
            [...addresses],
            [
              env.SIGNET_ISSUER,
              `${base}/.well-known/openid-configuration`,
              `${base}/dev/mail`,
              `${base}/token`,
            ],
          );
          const demo = await workplace.run(['demo'], { env });
          assert.deepEqual([demo.code, demo.stderr], [0, '']);
          const { body } = await token(base, { grant_type: 'client_credentials' }, MACHINE);
          const verified = await workplace.run(['token', 'verify', body.access_token], { env });
          assert.deepEqual([verified.code, verified.stderr], [0, '']);
        } finally {
          child.kill('SIGTERM');
        }
        assert.equal((await ended).stderr, '');
      },
    );
  }

  for (const variable of VARIABLES) {
    // `dev` treats both samples alike, and their own messages are tested with their processes.
    const itForVariable = variable === 'SAMPLE_APP_PORT' ? itLong : it;
    itForVariable(`name ${variable} in the error when another program uses the port`, async () => {
      const other = createServer().listen(Number(ports[variable]), '127.0.0.1');
      await once(other, 'listening');
      // The samples are processes, which write to the standard error of this one.
      const ownProcess = !variable.startsWith('SIGNET_');
      const { code, stderr } = await workplace.run(['dev'], { env: ports, ownProcess });
      other.close();
      assert.equal(code, 1);
      const [first = '', ...rest] = stderr.trimEnd().split('\n');
      assert.match(
        first,
        new RegExp(
          `^error: (the sample (API|app) )?cannot listen on 127\\.0\\.0\\.1:${ports[variable]}: another program is listening there; set ${variable}`,
        ),
      );
      for (const line of rest) assert.match(line, /^error: the sample (API|app) could not start[^{]*$/);
    });
  }
});

async function untilItSays(child: ChildProcess, words: string): Promise<string> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`it ended with: ${output}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(words)) resolve();
    });
  });
  return output;
}
