import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { HttpClient } from '../client/http.ts';
import { runOpenLoop, takeTurns } from '../client/load.ts';
import { RunningProgram } from '../machine/processes.ts';
import { makeScaleRow, type ScaleRow, type ScaleSection, type ScaleSide } from '../report/scale.ts';
import { percentile } from '../report/statistics.ts';
import { startOnce } from '../scenarios/start-once.ts';
import { requestMachineToken, runCodeFlow, signedInPeople } from '../scenarios/tokens.ts';
import {
  CONNECTIONS,
  issuerOf,
  newSite,
  type Site,
  type Target,
  untilAnswered,
} from '../servers/contestant.ts';
import { startRedis } from '../servers/redis.ts';
import { signetWith, sqliteStore } from '../servers/signet.ts';
import { type Population, populate, someClientIds, someUsernames } from './population.ts';
import { noScaleMeasurements, SIDES, scaleOrder } from './sides.ts';

/**
 * What a server notices of how much its store holds. Those who ask are as many on both sides, and from all over the store, so that
 * nothing but the size differs.
 */

const SMALL: Population = { accounts: 1000, clients: 1000 };
const ACTIVE_CLIENTS = 1000;
const ACTIVE_PEOPLE = 64;

/** Operations a second, far below what the server can do. */
const TOKENS_PER_SECOND = 200;
const FLOWS_PER_SECOND = 50;

const MEBIBYTE = 1024 * 1024;
const AT_MOST_A_FIFTH_MORE = { of: 'ratio', atMost: 1.2 } as const;

interface Instance extends Target {
  site: Site;
  program: ReturnType<ReturnType<typeof signetWith>['authorizationServer']>;
  clientIds: readonly string[];
  /** Its store, where that is a process of its own. */
  redis: RunningProgram | undefined;
}

type Instances = Readonly<Record<ScaleSide, Instance>>;

export async function measureGrowth(bench: Bench, kind: 'SQLite' | 'Redis'): Promise<ScaleSection> {
  const { accounts, clients } = bench.plan.growth;
  const title = `growth on ${kind}`;
  const instances = {
    small: await newInstance(bench, kind, SMALL),
    large: await newInstance(bench, kind, { accounts, clients }),
  };
  const rows = [
    ...(await measureStarts(bench, instances, title)),
    ...(await measureLatencies(bench, instances, title)),
  ];
  for (const side of SIDES) {
    await instances[side].http.close();
    await instances[side].redis?.stop();
  }
  const large = { accounts, clients };
  return {
    title: `${title}: ${describe(SMALL)} → ${describe(large)}`,
    small: `${count(SMALL.accounts)} accounts`,
    large: `${count(accounts)} accounts`,
    rows,
  };
}

function describe({ accounts, clients }: Population): string {
  return `${count(accounts)} accounts, ${count(clients)} clients`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

async function newInstance(bench: Bench, kind: 'SQLite' | 'Redis', size: Population): Promise<Instance> {
  bench.say(`${kind} with ${describe(size)}: filling`);
  // Beside the load generator, as on a machine of its own.
  const redis = kind === 'Redis' ? await startRedis(bench, bench.scaleCores?.generator) : undefined;
  const contestant = signetWith(redis === undefined ? {} : { store: redis.address });
  const site = await newSite(contestant, bench.makeDirectory(`growth-${size.accounts}`));
  await populate(redis?.address ?? sqliteStore(site), size);
  const issuer = issuerOf(site);
  return {
    site,
    issuer,
    program: contestant.authorizationServer(site),
    http: new HttpClient(issuer, CONNECTIONS),
    usernames: someUsernames(size, ACTIVE_PEOPLE),
    clientIds: someClientIds(size, ACTIVE_CLIENTS),
    people: undefined,
    redis: redis?.process,
  };
}

async function measureStarts(bench: Bench, instances: Instances, title: string): Promise<ScaleRow[]> {
  const { starts } = bench.plan.growth;
  const time = noScaleMeasurements();
  const memory = noScaleMeasurements();
  // Uncounted: makes keys and compiled modules.
  for (const side of SIDES) await startOnce(bench, instances[side]);
  for (let round = 0; round < starts; round += 1) {
    bench.say(`${title}, start ${round + 1} of ${starts}`);
    for (const side of scaleOrder(round)) {
      const { milliseconds, bytes } = await startOnce(bench, instances[side]);
      time[side].push(milliseconds);
      memory[side].push(bytes / MEBIBYTE);
    }
  }
  return [
    makeScaleRow(
      { scenario: 'cold start to first token', unit: 'ms', better: 'less', goal: AT_MOST_A_FIFTH_MORE },
      time,
    ),
    makeScaleRow({ scenario: 'resident memory after start', unit: 'MiB', better: 'less' }, memory),
  ];
}

interface LatencyScenario {
  name: string;
  perSecond: number;
  prepare: (instance: Instance) => Promise<() => Promise<void>>;
}

const SCENARIOS: readonly LatencyScenario[] = [
  {
    name: 'client credentials',
    perSecond: TOKENS_PER_SECOND,
    async prepare({ http, clientIds }) {
      const turn = takeTurns(clientIds, 1);
      return async () => void (await requestMachineToken(http, turn(0)));
    },
  },
  {
    name: 'code flow with an existing session',
    perSecond: FLOWS_PER_SECOND,
    async prepare(instance) {
      const turn = takeTurns(await signedInPeople(instance), 1);
      return async () => void (await runCodeFlow(instance.http, turn(0), { scope: 'openid messages:read' }));
    },
  },
];

async function measureLatencies(bench: Bench, instances: Instances, title: string): Promise<ScaleRow[]> {
  const { rounds, seconds } = bench.plan.growth;
  const servers = {
    small: new RunningProgram(instances.small.program, bench.core),
    large: new RunningProgram(instances.large.program, bench.core),
  };
  for (const side of SIDES) {
    const { http } = instances[side];
    await untilAnswered(servers[side], () => http.get('/.well-known/openid-configuration'));
  }
  const rows: ScaleRow[] = [];
  const memory = noScaleMeasurements();
  for (const { name, perSecond, prepare } of SCENARIOS) {
    const median = noScaleMeasurements();
    const slow = noScaleMeasurements();
    const operations = {
      small: await prepare(instances.small),
      large: await prepare(instances.large),
    };
    const measure = (side: ScaleSide) => runOpenLoop(perSecond, sleep(seconds * 1000), operations[side]);
    for (const side of SIDES) await measure(side);
    for (let round = 0; round < rounds; round += 1) {
      bench.say(`${title}, round ${round + 1} of ${rounds}: ${name}`);
      for (const side of scaleOrder(round)) {
        const durations = await measure(side);
        median[side].push(percentile(durations, 50));
        slow[side].push(percentile(durations, 99));
        memory[side].push(servers[side].residentBytes() / MEBIBYTE);
      }
    }
    const facts = { unit: 'ms', better: 'less' } as const;
    rows.push(
      makeScaleRow({ scenario: `${name}, p50`, ...facts }, median),
      makeScaleRow({ scenario: `${name}, p99`, ...facts, goal: AT_MOST_A_FIFTH_MORE }, slow),
    );
  }
  await Promise.all(SIDES.map((side) => servers[side].stop()));
  rows.push(
    makeScaleRow({ scenario: 'resident memory under this load', unit: 'MiB', better: 'less' }, memory),
  );
  return rows;
}
