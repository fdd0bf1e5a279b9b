import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findOrInstall, INSTALL_TIMEOUT } from './find-or-install.ts';
import { freePort } from './free-port.ts';
import { skip } from './skip.ts';

/** The distribution's nginx with the configuration of `deploy/nginx`, in a directory and on ports of its own. */

const DEPLOY = fileURLToPath(new URL('../../deploy/nginx', import.meta.url));
/** Configuration files by the name under which nginx includes them, in that order; the samples' file is the one of Compose. */
const TEMPLATES = {
  'signet.conf': 'signet.conf.template',
  'signet.mtls.conf': 'signet.mtls.conf.template',
  'signet.samples.conf': '../compose/samples.conf.template',
};
const run = promisify(execFile);

let found: Promise<string | undefined> | undefined;

/** For the `before` hook of a test: the suite is skipped, with a hint, where there is no nginx and none can be installed. */
export async function needNginx(context: Mocha.Context): Promise<void> {
  context.timeout(INSTALL_TIMEOUT + 30_000);
  // Debian has it in a directory that is only on root's PATH.
  process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin`;
  found ??= findOrInstall(['nginx'], 'nginx-light');
  if ((await found) === undefined) skip(context, 'nginx is missing', 'apt-get install nginx-light');
}

export const ISSUER_HOST = 'login.localhost';
export const MTLS_HOST = 'mtls.login.localhost';
export const API_HOST = 'api.localhost';

export interface NginxPlan {
  directory: string;
  /** TLS. */
  port: number;
  redirectPort: number;
  issuer: string;
  /** The certificate that it shows, in PEM. */
  certificate: string;
  key: string;
}

export interface Nginx extends NginxPlan {
  /** Access and error log so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Picks ports and makes a certificate, so that the issuer is known before nginx and what is behind it start. */
export async function planNginx(): Promise<NginxPlan> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-nginx-'));
  const [port, redirectPort] = [await freePort(), await freePort()];
  const { certificate, key } = await makeCertificate(directory, 'tls', [ISSUER_HOST, MTLS_HOST, API_HOST]);
  return { directory, port, redirectPort, issuer: `https://${ISSUER_HOST}:${port}`, certificate, key };
}

/** A request header in which the tests tell nginx the address that it takes a request to come from, as from a proxy of its own. */
export const ADDRESS_HEADER = 'X-Test-Address';

export interface NginxOptions {
  /** Believes `ADDRESS_HEADER`, and answers on this port with the bytes by which limits know a client. */
  keys?: number;
  /** Path of the issuer: its locations take the place of those of an issuer without one. */
  path?: string;
  /** More locations of the issuer's host, in nginx's language. */
  locations?: string;
}

/** @param nodes ports of Signet's nodes on this machine */
export async function startNginx(
  plan: NginxPlan,
  nodes: readonly number[],
  options: NginxOptions = {},
): Promise<Nginx> {
  const { directory, port } = plan;
  writeConfiguration(plan, nodes, options);
  const child = spawn((await found) ?? 'nginx', ['-e', 'error.log', '-p', directory, '-c', 'nginx.conf'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit');
  const killAtExit = (): void => void child.kill('SIGTERM');
  process.once('exit', killAtExit);
  await listening(child, port);
  return {
    ...plan,
    log: () =>
      ['access.log', 'error.log'].map((name) => readFileSync(join(directory, name), 'utf8')).join(''),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.removeListener('exit', killAtExit);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function addressSettings(port: number): string {
  return `
  set_real_ip_from 127.0.0.1;
  real_ip_header ${ADDRESS_HEADER};
  server { listen 127.0.0.1:${port}; location / { return 200 $client_network; } }`;
}

function writeConfiguration(
  { directory, port, redirectPort }: NginxPlan,
  nodes: readonly number[],
  { keys, path, locations = '' }: NginxOptions,
): void {
  const values: Record<string, string> = {
    ISSUER_HOST,
    ISSUER_PORT: String(port),
    REDIRECT_PORT: String(redirectPort),
    MTLS_HOST,
    APP_HOST: 'app.localhost',
    API_HOST,
    TLS_DIRECTORY: directory,
    ISSUER_PATH: path ?? '',
  };
  // The only changes: log and cache files go to the test's directory, and nginx listens on the loopback addresses only.
  const relocate = (text: string): string =>
    text
      .replaceAll('/var/log/nginx', directory)
      .replaceAll('/var/cache/nginx', directory)
      .replaceAll('/var/www/acme', join(directory, 'acme'))
      .replaceAll('listen [::]:', 'listen [::1]:')
      .replaceAll(/listen (?=\d)/g, 'listen 127.0.0.1:');
  const render = (text: string): string =>
    relocate(text.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => values[name] ?? ''));

  cpSync(join(DEPLOY, 'signet'), join(directory, 'signet'), { recursive: true });
  mkdirSync(join(directory, 'conf.d'));
  for (const [name, template] of Object.entries(TEMPLATES)) {
    writeFileSync(join(directory, 'conf.d', name), render(readFileSync(join(DEPLOY, template), 'utf8')));
  }
  const ours = join(directory, 'signet', 'locations.conf');
  if (path !== undefined) {
    writeFileSync(ours, render(readFileSync(join(DEPLOY, 'locations.path.conf.template'), 'utf8')));
  }
  appendFileSync(ours, locations);
  for (const name of ['proxy.conf', 'limits.conf', 'acme.conf']) {
    const path = join(directory, 'signet', name);
    writeFileSync(path, relocate(readFileSync(path, 'utf8')));
  }
  const lines = nodes.map((node) => `server 127.0.0.1:${node} max_fails=3 fail_timeout=5s;\n`);
  writeFileSync(join(directory, 'signet', 'nodes.conf'), lines.join(''));
  const settings = keys === undefined ? '' : addressSettings(keys);
  writeFileSync(join(directory, 'nginx.conf'), mainConfiguration(directory, settings));
}

/** What a distribution's nginx.conf has, as far as it matters. */
function mainConfiguration(directory: string, settings: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log warn;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
${paths.map((name) => `  ${name}_temp_path ${directory}/${name};`).join('\n')}
  include conf.d/*.conf;
${settings}
}
`;
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const is = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (is) return;
    await delay(20);
  }
  throw new Error(`nginx ended with exit code ${child.exitCode}; its own message is above`);
}

/** A self-signed certificate. @param name of its files in the directory: `fullchain.pem` and `key.pem` for `tls` */
export async function makeCertificate(
  directory: string,
  name: string,
  hosts: readonly string[],
): Promise<{ certificate: string; key: string }> {
  const files =
    name === 'tls'
      ? { certificate: join(directory, 'fullchain.pem'), key: join(directory, 'key.pem') }
      : { certificate: join(directory, `${name}.pem`), key: join(directory, `${name}-key.pem`) };
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${hosts[0]}`,
    '-addext',
    `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}`,
    '-keyout',
    files.key,
    '-out',
    files.certificate,
  ]);
  return {
    certificate: readFileSync(files.certificate, 'utf8'),
    key: readFileSync(files.key, 'utf8'),
  };
}
