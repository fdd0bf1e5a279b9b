import { WEB } from '../../support/flow.ts';
import type { ExampleApi, InteropClient } from '../client.ts';
import type { PerformOptions } from './perform.ts';
import { type Signet, startSignet } from './signet.ts';

/** The running Signets of the interoperability tests. */

interface Server {
  signet: Signet;
  machine: Credentials;
}

/** The server of most clients, and one with https for those that demand it. Each is started when the first client needs it. */
export class Servers {
  readonly #apis: readonly ExampleApi[];
  readonly #started = new Map<boolean, Server>();

  constructor(apis: readonly ExampleApi[]) {
    this.#apis = apis;
  }

  async for({ https }: InteropClient): Promise<Server> {
    const isSecure = https === true;
    const started = this.#started.get(isSecure);
    if (started !== undefined) return started;
    const signet = await startSignet(this.#apis, { https: isSecure });
    const server = { signet, machine: await addMachine(signet, this.#apis) };
    this.#started.set(isSecure, server);
    return server;
  }

  async stop(): Promise<void> {
    for (const { signet } of this.#started.values()) await signet.stop();
  }
}

type Credentials = PerformOptions['machine'];

/** A client that gets tokens for the APIs, for itself and for people. */
async function addMachine(signet: Signet, apis: readonly ExampleApi[]): Promise<Credentials> {
  const scope = ['openid', ...new Set(apis.flatMap(({ scopes }) => Object.keys(scopes)))].join(' ');
  const grants = ['--grant', 'client_credentials', '--grant', 'authorization_code'];
  const options = [
    '--id',
    'nightly-job',
    ...grants,
    '--redirect-uri',
    WEB.redirectUri,
    '--scope',
    scope,
    '--json',
  ];
  const added = JSON.parse(await signet.command(['client', 'add', ...options])) as { client_secret: string };
  return { id: 'nightly-job', secret: added.client_secret };
}
