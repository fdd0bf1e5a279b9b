import { expectStatus } from '../client/http.ts';
import { type Operation, takeTurns } from '../client/load.ts';
import type { Goal } from '../report/row.ts';
import { CONNECTIONS, type RunningServer, type Target } from '../servers/contestant.ts';
import {
  inParallel,
  introspect,
  refresh,
  requestMachineToken,
  runCodeFlow,
  signedInPeople,
} from './tokens.ts';

/** How many operations a second: one list entry per scenario. */
export interface ThroughputScenario {
  name: string;
  /** RSA signatures that one operation needs. */
  signatures: number;
  /** The process whose processor time counts. */
  servedBy: 'authorization server' | 'resource server';
  goal?: Goal;
  /** Prepares the operation; not measured. */
  prepare(server: RunningServer): Promise<Operation>;
}

export const clientCredentials = {
  name: 'client credentials (JWT)',
  signatures: 1,
  servedBy: 'authorization server',
  goal: { of: 'ratio', atLeast: 1 },
  async prepare({ http }: Target) {
    assertJwt((await requestMachineToken(http)).access_token, 'client credentials');
    return async () => {
      await requestMachineToken(http);
    };
  },
} satisfies ThroughputScenario;

export const codeFlow = {
  name: 'code flow with an existing session',
  signatures: 2,
  servedBy: 'authorization server',
  async prepare(target: Target) {
    const turn = takeTurns(await signedInPeople(target), CONNECTIONS);
    return async (worker: number) => {
      const tokens = await runCodeFlow(target.http, turn(worker), { scope: 'openid messages:read' });
      assertJwt(tokens.access_token, 'code flow');
      assertJwt(tokens.id_token, 'code flow');
    };
  },
} satisfies ThroughputScenario;

export const refreshWithRotation: ThroughputScenario = {
  name: 'refresh',
  signatures: 2,
  servedBy: 'authorization server',
  async prepare(server) {
    const scope = 'openid offline_access messages:read';
    const families = await Promise.all(
      (await signedInPeople(server)).map((person) =>
        runCodeFlow(server.http, person, { scope, prompt: 'consent' }),
      ),
    );
    const turn = takeTurns(families, CONNECTIONS);
    return async (worker) => {
      const family = turn(worker);
      const spent = family.refresh_token ?? '';
      Object.assign(family, await refresh(server.http, spent));
      if (family.refresh_token === spent) throw new Error('refresh: the token was not rotated');
      assertJwt(family.access_token, 'refresh');
    };
  },
};

export const introspection: ThroughputScenario = {
  name: 'introspection',
  signatures: 0,
  servedBy: 'authorization server',
  async prepare(server) {
    const people = await signedInPeople(server);
    const tokens = await inParallel(people.length, async (index) => {
      const person = people[index];
      if (person === undefined) throw new Error('no person is signed in');
      return (await runCodeFlow(server.http, person, { scope: 'openid' })).access_token;
    });
    const turn = takeTurns(tokens, CONNECTIONS);
    return (worker) => introspect(server.http, turn(worker));
  },
};

export const resourceServerRequest: ThroughputScenario = {
  name: 'resource server request',
  signatures: 0,
  servedBy: 'resource server',
  async prepare({ http, resource }) {
    const { access_token: token } = await requestMachineToken(http);
    const headers = { authorization: `Bearer ${token}` };
    return async () => expectStatus(await resource.http.get('/messages', headers), 200, 'GET /messages');
  },
};

function assertJwt(token: string | undefined, what: string): void {
  if (token?.split('.').length !== 3) throw new Error(`${what}: expected a JWT, got something else`);
}
