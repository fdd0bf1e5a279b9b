import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { ConfigInput } from '../../src/config/schema.ts';
import type { Program } from '../machine/processes.ts';
import { type Contestant, issuerOf, type Site } from './contestant.ts';
import { API, MACHINE_CLIENT, WEB_CLIENT } from './fixture.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Signet as its command starts it, with its defaults: the durable store, its logs, its audit events. */
export const signet: Contestant = {
  name: 'signet',
  configure(site) {
    const config: ConfigInput = {
      issuer: issuerOf(site),
      store: `sqlite:${join(site.directory, 'data', 'signet.db')}`,
      keys: join(site.directory, 'keys'),
      management: { port: 0 },
      clients: [MACHINE_CLIENT, { ...WEB_CLIENT, first_party: true }],
    };
    writeFileSync(configPath(site), dump(config));
  },
  authorizationServer(site) {
    return program(site, 'server', ['bin/signet.js', 'serve', '--config', configPath(site)], {});
  },
  resourceServer(site) {
    return program(site, 'resource-server', ['src/resource-server/main.ts'], {
      RESOURCE_SERVER_PORT: `${site.resourcePort}`,
      RESOURCE_SERVER_ISSUER: issuerOf(site),
      RESOURCE_SERVER_AUDIENCE: API.audience,
    });
  },
};

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
