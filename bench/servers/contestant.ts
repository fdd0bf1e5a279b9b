import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '../client/http.ts';
import type { Person } from '../client/person.ts';
import { type Program, RunningProgram } from '../machine/processes.ts';
import { freePort } from '../../test/support/free-port.ts';

/** A server to measure: how it is set up, started and stopped. */

/** Where one instance lives. A second start with the same site finds the keys, the database and the compile cache of the first. */
export interface Site {
  directory: string;
  port: number;
  resourcePort: number;
}

export interface Contestant {
  name: string;
  /** Writes the configuration into the site's directory. */
  configure(site: Site): void;
  authorizationServer(site: Site): Program;
  resourceServer(site: Site): Program;
}

/** A server that issues tokens. */
export interface Target {
  issuer: string;
  http: HttpClient;
  /** Who signs in, in turn; the one account that both servers know when absent. */
  usernames?: readonly string[];
  /** People with a session, signed in by the first scenario that needs them. */
  people: Promise<Person[]> | undefined;
}

export interface RunningServer extends Target {
  contestant: Contestant;
  process: RunningProgram;
  resource: { http: HttpClient; process: RunningProgram };
  stop(): Promise<void>;
}

export const CONNECTIONS = 16;
const START_WITHIN_MS = 30_000;

/** Starts both processes of a contestant and waits until they answer. */
export async function startServer(
  contestant: Contestant,
  site: Site,
  core: number | undefined,
): Promise<RunningServer> {
  const issuer = issuerOf(site);
  const program = new RunningProgram(contestant.authorizationServer(site), core);
  const http = new HttpClient(issuer, CONNECTIONS);
  await untilAnswered(program, () => http.get('/.well-known/openid-configuration'));
  const resourceProgram = new RunningProgram(contestant.resourceServer(site), core);
  const resourceHttp = new HttpClient(`http://localhost:${site.resourcePort}`, CONNECTIONS);
  await untilAnswered(resourceProgram, () => resourceHttp.get('/messages'));
  return {
    contestant,
    issuer,
    http,
    process: program,
    resource: { http: resourceHttp, process: resourceProgram },
    people: undefined,
    async stop() {
      await Promise.all([http.close(), resourceHttp.close()]);
      await Promise.all([program.stop(), resourceProgram.stop()]);
    },
  };
}

/** A new site: free ports, and only the configuration in its directory. */
export async function newSite(contestant: Contestant, directory: string): Promise<Site> {
  const site = { directory, port: await freePort(), resourcePort: await freePort() };
  contestant.configure(site);
  return site;
}

export function issuerOf(site: Site): string {
  return `http://localhost:${site.port}`;
}

/**
 * Asks again every few milliseconds until there is an answer.
 * @throws Error with the program's output when it ends or takes longer than half a minute
 */
export async function untilAnswered<Answer>(
  program: RunningProgram,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const deadline = performance.now() + START_WITHIN_MS;
  while (performance.now() < deadline) {
    program.assertAlive();
    try {
      return await ask();
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
    await sleep(2);
  }
  throw new Error(`no answer within ${START_WITHIN_MS} ms:\n${program.output()}`);
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}
