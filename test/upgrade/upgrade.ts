import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet, type Version } from './fleet.ts';
import { Graves } from './graves.ts';
import { Ledger } from './ledger.ts';
import { machineStep } from './machines.ts';
import { createOperators } from './operators.ts';
import { ACTIONS, Visitor } from './people.ts';
import { createDeck } from './pick.ts';
import { createTraffic, OverloadedError } from './traffic.ts';

/** A rolling upgrade, a time side by side, and a rollback, under load. */

export interface UpgradeOptions {
  /** Directories of the versions. */
  sources: Record<Version, string>;
  /** Of the whole run, without the starts. */
  seconds: number;
  /** Of each version while both run. */
  nodes: number;
  visitors: number;
  /** Steps a second of all visitors together. */
  rate: number;
  /** Whether the load balancer keeps a browser at one version while it signs in. */
  sticky?: boolean;
  /** Seconds between two duties of an operator. */
  dutyEvery: number;
  /** How many duties there are, all of them before the upgrade is complete; by default as many as there is time for. */
  duties?: number;
  /** Whether commands of the new version, which is this checkout then, run in this process: the start of one takes longer than the command. */
  commandsHere?: boolean;
  say: (line: string) => void;
  /** Ends the run early, with what there is. */
  signal?: AbortSignal;
}

export interface UpgradeResult {
  ledger: Ledger;
  /** Redis, through the run. */
  sizes: Size[];
}

interface Size {
  /** Seconds since the start. */
  at: number;
  bytes: number;
  keys: number;
}

/** Shares of the time, and what changes before each. */
const PHASES: readonly { name: string; share: number; add?: Version; remove?: Version }[] = [
  { name: 'old nodes', share: 0.1, add: 'old' },
  { name: 'both versions', share: 0.5, add: 'new' },
  { name: 'new nodes: the upgrade is complete', share: 0.15, remove: 'old' },
  { name: 'both versions: a rollback has begun', share: 0.15, add: 'old' },
  { name: 'old nodes: the rollback is complete', share: 0.1, remove: 'new' },
];

export async function runUpgrade(options: UpgradeOptions): Promise<UpgradeResult> {
  const { seconds, nodes, say } = options;
  const ledger = new Ledger((line) => say(`✗ ${line}`));
  const fleet = await Fleet.start(options.sources, options.commandsHere);
  const traffic = createTraffic(fleet, ledger, options.sticky);
  const sizes: UpgradeResult['sizes'] = [];
  const started = performance.now();
  let isOver = false;
  const attempt = async (load: () => Promise<void>): Promise<void> => {
    try {
      await load();
    } catch (error) {
      if (error instanceof OverloadedError) ledger.overloads.push(error.message);
      else ledger.check('available', false, () => String((error as Error).stack));
    }
  };
  const until = async (load: () => Promise<void>, pause: number, times = Infinity): Promise<void> => {
    for (let count = 0; count < times && !isOver; count += 1) {
      await attempt(load);
      await sleep(pause * (0.5 + Math.random()) * 1000);
    }
  };
  try {
    await fleet.add('old');
    const operators = createOperators(fleet, traffic, ledger);
    const draw = createDeck(ACTIONS);
    const services = { traffic, ledger, graves: new Graves(traffic, ledger), draw };
    const visitors: Visitor[] = [];
    for (let count = 0; count < options.visitors; count += 1) {
      const person = await operators.addPerson(count % 2 === 0 ? 'old' : 'new');
      visitors.push(new Visitor(person, services));
    }
    say(`${visitors.length} people, ${((performance.now() - started) / 1000).toFixed(0)} s`);
    const duties = until(() => operators.step(), options.dutyEvery, options.duties);
    const load = Promise.all([
      duties,
      ...visitors.map((visitor) => until(() => visitor.step(), options.visitors / options.rate)),
      until(() => machineStep(traffic, ledger), 4 / options.rate),
      until(
        async () => {
          const size = { at: (performance.now() - started) / 1000, ...(await fleet.size()) };
          sizes.push(size);
          if (sizes.length % 10 === 0) say(progress(ledger, size));
        },
        Math.max(1, seconds / 120),
      ),
    ]);
    for (const { name, share, add, remove } of PHASES) {
      if (options.signal?.aborted === true) break;
      const present = fleet.nodes.filter(({ version }) => version === add).length;
      for (let count = present; add !== undefined && count < nodes; count += 1) await fleet.add(add);
      if (remove === 'old' && options.duties !== undefined) await duties;
      for (let count = 0; remove !== undefined && count < nodes; count += 1) await fleet.remove(remove);
      say(`${name}: ${fleet.nodes.map(({ version }) => version).join(' + ')}`);
      await sleep(seconds * share * 1000, undefined, { signal: options.signal }).catch(() => undefined);
    }
    isOver = true;
    await load;
    // At each version once more.
    if (!fleet.versions.includes('new')) await fleet.add('new');
    for (const visitor of visitors) await attempt(() => visitor.finish());
    await attempt(() => services.graves.visit());
    return { ledger, sizes };
  } finally {
    isOver = true;
    await traffic.close();
    await fleet.stop();
  }
}

function progress(ledger: Ledger, { at, bytes, keys }: Size): string {
  const checks = [...ledger.promises.values()].reduce((sum, { checks }) => sum + checks, 0);
  const redis = `Redis ${(bytes / 1e6).toFixed(1)} MB, ${keys} keys`;
  const { failures, overloads } = ledger;
  return `${(at / 60).toFixed(1)} min: ${failures} broken of ${checks} checked, ${overloads.length} × 503, ${redis}`;
}
