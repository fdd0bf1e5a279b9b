import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLAIMS } from '../plans/people.ts';
import type { Plan } from '../plans/plans.ts';
import { prepareSite, type Site } from './site.ts';
import { createTlsListener } from './tls-listener.ts';

/** `npm run conformance -- serve`: the server under test, on https at a fixed issuer, with its person and clients. */

export interface ServeOptions {
  directory: string;
  issuer: string;
  suite: string;
  suiteCertificate: string | undefined;
  /** Address that the TLS listener listens on. */
  host: string;
  /** Of the server behind the TLS listener. */
  port: number;
  plans: readonly Plan[];
}

const COMMAND = join(import.meta.dirname, '../../bin/signet.js');
const START_TIMEOUT_MS = 20_000;

/** Resolves when the server has ended. */
export async function serve(options: ServeOptions): Promise<void> {
  const { directory, issuer, host, port } = options;
  const site = prepareSite(options);
  const log = join(directory, 'signet.log');
  const server = startServer(site, log);
  const ended = once(server, 'exit');
  try {
    await untilServing(server, port, log);
    addPerson(site);
    const listener = createTlsListener(site.certificate, port);
    const { port: publicPort } = new URL(issuer);
    listener.listen(publicPort === '' ? 443 : Number(publicPort), host);
    await once(listener, 'listening');
    announce(options, site, log);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.kill('SIGTERM'));
    await ended;
    listener.close();
    listener.closeAllConnections();
  } finally {
    server.kill('SIGTERM');
  }
}

function startServer({ config, trustedFile }: Site, log: string): ChildProcess {
  const output = openSync(log, 'a', 0o600);
  return spawn(process.execPath, [COMMAND, 'serve', '--config', config], {
    stdio: ['ignore', output, output],
    env: { ...process.env, NODE_ENV: 'production', NODE_EXTRA_CA_CERTS: trustedFile },
  });
}

async function untilServing(server: ChildProcess, port: number, log: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`the server ended at its start; ${log} says why`);
    const isUp = await fetch(`http://127.0.0.1:${port}/jwks`).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(100);
  }
  throw new Error(`the server did not start in time; see ${log}`);
}

/** An account of an earlier start stays. */
function addPerson({ config, person: { username, password } }: Site): void {
  const user = (args: readonly string[], input = '') =>
    spawnSync(process.execPath, [COMMAND, '--config', config, 'user', ...args], { input, encoding: 'utf8' });
  if (user(['show', username]).status === 0) return;
  const steps = [
    user(['add', username, '--password-stdin'], password),
    user(['set-claims', username, '--claims', '-'], JSON.stringify(CLAIMS)),
  ];
  const failed = steps.find(({ status }) => status !== 0);
  if (failed !== undefined) throw new Error(`the account could not be added: ${failed.stderr}`);
}

function announce({ issuer, suite, directory }: ServeOptions, site: Site, log: string): void {
  console.log(`serving ${issuer}/.well-known/openid-configuration
  suite         ${suite}
  certificates  ${site.trustedFile}
  log           ${log}
  plan files    ${join(directory, 'plans')}`);
  for (const path of site.planFiles) console.log(`                ${path}`);
  console.log('press Ctrl+C to stop');
}
