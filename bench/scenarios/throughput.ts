import { expectStatus } from '../client/http.ts';
import { type Operation, takeTurns } from '../client/load.ts';
import type { Goal } from '../report/goal.ts';
import type { StoreGoal } from '../report/store-counts.ts';
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
export type ThroughputScenario = AuthorizationServerScenario | ResourceServerScenario;

interface ScenarioFacts {
  name: string;
  /** RSA signatures that one operation needs. */
  signatures: number;
  goals: readonly Goal[];
}

export interface AuthorizationServerScenario extends ScenarioFacts {
  /** The process whose processor time counts. */
  servedBy: 'authorization server';
  /** What one operation may cost in an SQLite store at most. */
  storeGoal: StoreGoal;
  /** Prepares the operation; not measured. */
  prepare(target: Target): Promise<Operation>;
}

interface ResourceServerScenario extends ScenarioFacts {
  servedBy: 'resource server';
  prepare(server: RunningServer): Promise<Operation>;
}

export const clientCredentials = {
  name: 'client credentials (JWT)',
  signatures: 1,
  servedBy: 'authorization server',
  goals: [
    { of: 'cpuRatio', atLeast: 1.35 },
    { of: 'ceilingShare', atLeast: 0.67 },
  ],
  storeGoal: { reads: 0, transactions: 0, durableWaits: 0 },
  async prepare({ http }: Target) {
    assertJwt((await requestMachineToken(http)).access_token, 'client credentials');
    return async () => {
      await requestMachineToken(http);
    };
  },
} satisfies AuthorizationServerScenario;

export const codeFlow = {
  name: 'code flow with an existing session',
  signatures: 2,
  servedBy: 'authorization server',
  goals: [{ of: 'cpuRatio', atLeast: 1 }],
  storeGoal: { reads: 7, transactions: 2, durableWaits: 1 },
  async prepare(target: Target) {
    const turn = takeTurns(await signedInPeople(target), CONNECTIONS);
    return async (worker: number) => {
      const tokens = await runCodeFlow(target.http, turn(worker), { scope: 'openid messages:read' });
      assertJwt(tokens.access_token, 'code flow');
      assertJwt(tokens.id_token, 'code flow');
    };
  },
} satisfies AuthorizationServerScenario;

export const refreshWithRotation: AuthorizationServerScenario = {
  name: 'refresh',
  signatures: 2,
  servedBy: 'authorization server',
  goals: [{ of: 'cpuRatio', atLeast: 1 }],
  storeGoal: { reads: 4, transactions: 1, durableWaits: 1 },
  async prepare(target) {
    const scope = 'openid offline_access messages:read';
    const families = await Promise.all(
      (await signedInPeople(target)).map((person) =>
        runCodeFlow(target.http, person, { scope, prompt: 'consent' }),
      ),
    );
    const turn = takeTurns(families, CONNECTIONS);
    return async (worker) => {
      const family = turn(worker);
      const spent = family.refresh_token ?? '';
      Object.assign(family, await refresh(target.http, spent));
      if (family.refresh_token === spent) throw new Error('refresh: the token was not rotated');
      assertJwt(family.access_token, 'refresh');
    };
  },
};

export const introspection: AuthorizationServerScenario = {
  name: 'introspection',
  signatures: 0,
  servedBy: 'authorization server',
  goals: [{ of: 'cpuRatio', atLeast: 0.8 }],
  storeGoal: { reads: 4, transactions: 0, durableWaits: 0 },
  async prepare(target) {
    const people = await signedInPeople(target);
    const tokens = await inParallel(people.length, async (index) => {
      const person = people[index];
      if (person === undefined) throw new Error('no person is signed in');
      return (await runCodeFlow(target.http, person, { scope: 'openid' })).access_token;
    });
    const turn = takeTurns(tokens, CONNECTIONS);
    return (worker) => introspect(target.http, turn(worker));
  },
};

export const resourceServerRequest: ResourceServerScenario = {
  name: 'resource server request',
  signatures: 0,
  servedBy: 'resource server',
  goals: [{ of: 'cpuRatio', atLeast: 0.95 }],
  async prepare({ http, resource }) {
    const { access_token: token } = await requestMachineToken(http);
    const headers = { authorization: `Bearer ${token}` };
    return async () => expectStatus(await resource.http.get('/messages', headers), 200, 'GET /messages');
  },
};

function assertJwt(token: string | undefined, what: string): void {
  if (token?.split('.').length !== 3) throw new Error(`${what}: expected a JWT, got something else`);
}
