import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { COMMAND, finish } from '../../cli/run-signet.ts';
import { freePort } from '../../support/free-port.ts';
import { startServerProcess } from '../../support/server-process.ts';
import type { ExampleApi } from '../client.ts';
import type { Credentials } from './person.ts';
import { type Documents, startDocuments } from './documents.ts';
import { startTlsProxy } from './tls-proxy.ts';

/** Signet as an operator runs it: one configuration file, `signet serve`, and the other commands. */

/** The one who signs in. Accents and groups show what the clients do with them. */
export const MARIA = {
  username: 'maria',
  password: 'correct horse battery staple 7',
  name: 'María Exámple',
  email: 'maria@example.com',
  groups: ['staff', 'admins'],
} as const satisfies Credentials & Record<string, unknown>;

export interface Signet {
  readonly issuer: string;
  /** `sub` of Maria. */
  readonly sub: string;
  /** PEM, with https. */
  readonly certificate?: string;
  /** Metadata documents of clients. */
  readonly documents: Documents;
  /** Its log so far. */
  readonly log: string;
  /** Runs a command. @returns standard output @throws Error with standard error when it fails */
  command(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
}

/** @param options `https` puts a proxy with a certificate of its own before it */
export async function startSignet(
  apis: readonly ExampleApi[],
  options: { https?: boolean } = {},
): Promise<Signet> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-interop-'));
  const port = await freePort();
  const proxy = options.https === true ? await startTlsProxy(directory, port) : undefined;
  const documents = await startDocuments(directory);
  const issuer = proxy?.url ?? `http://localhost:${port}`;
  const config = {
    issuer,
    port,
    demo: false,
    trustedProxies: proxy ? ['127.0.0.1', '::1'] : [],
    log: { level: 'info', format: 'json' },
    apis: [...apis],
    // The documents are on this machine.
    outbound: { privateNetworks: true },
    // For clients that register themselves.
    registration: {
      mode: 'open',
      documents: 'open',
      scopes: [
        'openid',
        'profile',
        'email',
        'offline_access',
        ...apis.flatMap(({ scopes }) => Object.keys(scopes)),
      ],
    },
  };
  writeFileSync(join(directory, 'signet.yaml'), dump(config));
  const server = await startServerProcess(directory, { NODE_EXTRA_CA_CERTS: documents.certificateFile });
  process.once('exit', () => void server.child.kill('SIGKILL'));
  const command = async (args: readonly string[], input = ''): Promise<string> => {
    const child = execFile(process.execPath, [COMMAND, ...args], {
      cwd: directory,
      env: { PATH: process.env.PATH ?? '' },
    });
    const { code, stdout, stderr } = await finish(child, input);
    if (code !== 0) throw new Error(`signet ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const groups = MARIA.groups.flatMap((group) => ['--group', group]);
  const claims = ['--name', MARIA.name, '--email', MARIA.email, '--email-verified', ...groups];
  const added = await command(
    ['user', 'add', MARIA.username, ...claims, '--password-stdin', '--json'],
    MARIA.password,
  );
  return {
    issuer,
    ...(proxy && { certificate: proxy.certificate }),
    documents,
    sub: (JSON.parse(added) as { id: string }).id,
    get log() {
      return server.output;
    },
    command,
    async stop() {
      proxy?.stop();
      documents.stop();
      await server.end('SIGTERM');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
