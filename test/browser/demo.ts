import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { DEMO_ACCOUNT, DEMO_API, DEMO_CLIENTS } from '../../src/config/demo.ts';
import { openStore } from '../../src/store/open.ts';
import { freePort } from '../support/free-port.ts';
import { startTestServer } from '../support/server.ts';

/** The programs of `signet dev` on free ports: the server in this process, the sample API and the sample app as processes. */
export interface Demo {
  issuer: string;
  /** The sample app's. */
  clientId: string;
  /** Address of the sample app, without a path. */
  app: string;
  /** Address of the sample API, which is also its audience. */
  api: string;
  /** Replaces alice by a new account without sessions and consents. */
  renewAlice(): Promise<void>;
  addAccount(account: { username: string; password: string }): Promise<void>;
  /** Number of token responses with this grant type so far. */
  tokensIssued(grantType: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startDemo(): Promise<Demo> {
  const [apiPort, appPort] = [await freePort(), await freePort()];
  const [api, app] = [`http://localhost:${apiPort}`, `http://localhost:${appPort}`];
  const [client, ...others] = DEMO_CLIENTS;
  if (client === undefined) throw new Error('the demo has no web client');
  const server = await startTestServer({
    // Its API and web client have fixed ports.
    demo: false,
    signUp: 'open',
    apis: [{ ...DEMO_API, audience: api }],
    clients: [
      {
        ...client,
        redirect_uris: [`${app}/callback`],
        post_logout_redirect_uris: [`${app}/`],
      },
      ...others,
    ],
  });
  const store = await openStore(server.config.store, { clock: Date.now });
  const accounts = createAccounts({
    store,
    passwords: createPasswords(server.config.passwords),
    audit: { record: () => {} },
    clock: Date.now,
    revocationLifetime: 3600,
  });
  const samples: ChildProcess[] = [];
  const demo: Demo = {
    issuer: server.issuer,
    clientId: client.client_id,
    app,
    api,
    async renewAlice() {
      const alice = await accounts.findByUsername(DEMO_ACCOUNT.username);
      if (alice !== undefined) await accounts.remove(alice.id);
      await accounts.add({ ...DEMO_ACCOUNT, takesReserved: true });
    },
    async addAccount(account) {
      await accounts.add({ ...account, claims: {} });
    },
    async tokensIssued(grantType) {
      const response = await fetch(`http://127.0.0.1:${server.running.managementPort}/metrics`);
      const counter = new RegExp(`^signet_tokens_issued_total\\{grant_type="${grantType}"\\} (\\d+)$`, 'm');
      return Number(counter.exec(await response.text())?.[1] ?? 0);
    },
    async stop() {
      await Promise.all(samples.map(end));
      await store.close();
      await server.stop();
    },
  };
  try {
    const started = await Promise.allSettled([
      startSample(samples, 'resource-server', {
        RESOURCE_SERVER_PORT: String(apiPort),
        RESOURCE_SERVER_ISSUER: server.issuer,
      }),
      startSample(samples, 'sample-app', {
        SAMPLE_APP_PORT: String(appPort),
        SAMPLE_APP_ISSUER: server.issuer,
        SAMPLE_APP_API: api,
      }),
    ]);
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason;
    return demo;
  } catch (error) {
    await demo.stop();
    throw error;
  }
}

/** Adds the process to `samples` and waits until it listens. */
async function startSample(
  samples: ChildProcess[],
  name: 'resource-server' | 'sample-app',
  env: Record<string, string>,
): Promise<void> {
  const entry = fileURLToPath(new URL(`../../src/${name}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  samples.push(child);
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the ${name} stopped with exit code ${code}: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('"listening"')) resolve();
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
