import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { ConfigInput } from '../../src/config/schema.ts';
import type { Program } from '../machine/processes.ts';
import { type Contestant, issuerOf, type Site } from './contestant.ts';
import { API, MACHINE_CLIENT, WEB_CLIENT } from './fixture.ts';

/** All requests come from one address: they are counted, and none is refused. */
const LIMITS = { authorizationRequests: 1_000_000, signInForms: 1_000_000 };

const ROOT = join(import.meta.dirname, '../..');

export interface SignetOptions {
  /** Address of the store; an SQLite file in the site's directory when absent. */
  store?: string;
  workers?: number;
  /** For who reads the metrics; any free port when absent. */
  managementPort?: number;
}

/** Signet as its command starts it, with its defaults: the durable store, its logs, its audit events. */
export const signet = signetWith({});

export function signetWith({ store, workers, managementPort = 0 }: SignetOptions): Contestant {
  const serve = ['bin/signet.js', 'serve', ...(workers === undefined ? [] : ['--workers', `${workers}`])];
  return {
    name: 'signet',
    configure(site) {
      const config: ConfigInput = {
        issuer: issuerOf(site),
        store: store ?? sqliteStore(site),
        keys: join(site.directory, 'keys'),
        management: { port: managementPort },
        limits: LIMITS,
        clients: [MACHINE_CLIENT, { ...WEB_CLIENT, first_party: true }],
      };
      writeFileSync(configPath(site), dump(config));
    },
    precompile(directory) {
      execFileSync(process.execPath, ['bin/signet.js', 'precompile'], {
        cwd: ROOT,
        env: { NODE_COMPILE_CACHE: directory },
      });
    },
    authorizationServer(site) {
      return program(site, 'server', [...serve, '--config', configPath(site)], {});
    },
    resourceServer(site) {
      return program(site, 'resource-server', ['src/resource-server/main.ts'], {
        RESOURCE_SERVER_PORT: `${site.resourcePort}`,
        RESOURCE_SERVER_ISSUER: issuerOf(site),
        RESOURCE_SERVER_AUDIENCE: API.audience,
        // No introspection: it validates JWTs locally, like the plain one.
        RESOURCE_SERVER_CLIENT_ID: '',
      });
    },
  };
}

/** A node of the issuer that is served at a site, on a port of its own. */
export function nodeAt(contestant: Contestant, site: Site, port: number): Program {
  const { env, log, ...program } = contestant.authorizationServer(site);
  return { ...program, env: { ...env, SIGNET_PORT: `${port}` }, log: `${log}.${port}` };
}

export function sqliteStore(site: Site): string {
  return `sqlite:${join(site.directory, 'data', 'signet.db')}`;
}

function configPath(site: Site): string {
  return join(site.directory, 'signet.yaml');
}

function program(site: Site, name: string, args: string[], env: Record<string, string>): Program {
  return {
    args,
    cwd: ROOT,
    env: { ...env, NODE_ENV: 'production' },
    log: join(site.directory, `${name}.log`),
  };
}
