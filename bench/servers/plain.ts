import { join } from 'node:path';
import type { Program } from '../machine/processes.ts';
import { type Contestant, issuerOf, type Site } from './contestant.ts';

const AUTHORIZATION_SERVER = join(import.meta.dirname, '../plain-server.ts');
const RESOURCE_SERVER = join(import.meta.dirname, '../plain-resource-server.ts');

/** oidc-provider with its in-memory adapter, and koa with jose for the API. */
export const plain: Contestant = {
  name: 'plain',
  configure() {
    // Everything is on its command line.
  },
  authorizationServer(site) {
    return program(site, 'server', [AUTHORIZATION_SERVER, `${site.port}`, site.directory]);
  },
  resourceServer(site) {
    return program(site, 'resource-server', [RESOURCE_SERVER, `${site.resourcePort}`, issuerOf(site)]);
  },
};

function program(site: Site, name: string, args: string[]): Program {
  return {
    args,
    cwd: site.directory,
    env: { NODE_ENV: 'production' },
    log: join(site.directory, `${name}.log`),
  };
}
