import { countOperations } from '../../test/support/store-counts.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Bench } from '../bench.ts';
import { HttpClient } from '../client/http.ts';
import { RunningProgram } from '../machine/processes.ts';
import type { StoreCountsRow, StoreCountsSection } from '../report/store-counts.ts';
import { issuerOf, newSite, type Target, untilAnswered } from '../servers/contestant.ts';
import { hasRedis, startRedis } from '../servers/redis.ts';
import { signetWith } from '../servers/signet.ts';
import {
  type AuthorizationServerScenario,
  clientCredentials,
  codeFlow,
  introspection,
  refreshWithRotation,
} from './throughput.ts';
import { signedInPeople } from './tokens.ts';

/**
 * How often one operation reads the store, writes to it, waits for a reply of Redis and for the disk. The server counts; one person does
 * one thing after the other, because requests of the same moment share commits.
 */

const SCENARIOS: readonly AuthorizationServerScenario[] = [
  clientCredentials,
  codeFlow,
  refreshWithRotation,
  introspection,
];

const OPERATIONS = 50;

export async function measureStoreCounts(bench: Bench): Promise<StoreCountsSection[]> {
  const stores = hasRedis() ? (['SQLite', 'Redis'] as const) : (['SQLite'] as const);
  const sections: StoreCountsSection[] = [];
  for (const store of stores) {
    bench.say(`counting the operations of the store: ${store}`);
    sections.push(await countScenarios(bench, store, OPERATIONS));
  }
  return sections;
}

/** Starts a server with a new store and counts each scenario in it. */
export async function countScenarios(
  { core, makeDirectory }: Pick<Bench, 'core' | 'makeDirectory'>,
  store: StoreCountsSection['store'],
  operations: number,
): Promise<StoreCountsSection> {
  const redis = store === 'Redis' ? await startRedis(undefined) : undefined;
  const managementPort = await freePort();
  const contestant = signetWith({ managementPort, ...(redis !== undefined && { store: redis.address }) });
  const site = await newSite(contestant, makeDirectory(`counts-${store}`));
  const server = new RunningProgram(contestant.authorizationServer(site), core);
  const issuer = issuerOf(site);
  const http = new HttpClient(issuer, 1);
  try {
    await untilAnswered(server, () => http.get('/.well-known/openid-configuration'));
    const target: Target = { issuer, http, people: undefined };
    await signedInPeople(target, 1);
    const rows: StoreCountsRow[] = [];
    for (const scenario of SCENARIOS) {
      const operation = await scenario.prepare(target);
      // Not counted: what the first operation finds out, such as the client.
      await operation(0);
      const counted = await countOperations(managementPort, operations, () => operation(0));
      rows.push({
        scenario: scenario.name,
        ...counted,
        ...(store === 'SQLite' && { goal: scenario.storeGoal }),
      });
    }
    return { store, rows };
  } finally {
    await http.close();
    await server.stop();
    await redis?.stop();
  }
}
