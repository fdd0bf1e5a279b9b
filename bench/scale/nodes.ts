import type { Bench } from '../bench.ts';
import { HttpClient } from '../client/http.ts';
import type { ScaleCores } from '../machine/cores.ts';
import { RunningProgram } from '../machine/processes.ts';
import type { ScaleSection } from '../report/scale.ts';
import { CONNECTIONS, issuerOf, newSite, untilAnswered } from '../servers/contestant.ts';
import { freePort } from '../../test/support/free-port.ts';
import { startRedis } from '../servers/redis.ts';
import { nodeAt, signetWith } from '../servers/signet.ts';
import { type Fleet, measureCapacity } from './capacity.ts';

/** One node on one core beside two on two, each side with a Redis of its own. Requests go to the nodes in turn. */
export async function measureNodes(bench: Bench, cores: ScaleCores): Promise<ScaleSection> {
  const title = '1 → 2 nodes on one Redis';
  const fleets = {
    small: await startNodes(bench, 1, cores.one, cores.generator),
    large: await startNodes(bench, 2, cores.two, cores.generator),
  };
  const rows = await measureCapacity(bench, fleets, title);
  await Promise.all([fleets.small.stop(), fleets.large.stop()]);
  return { title, small: '1 node', large: '2 nodes', rows };
}

async function startNodes(
  bench: Bench,
  count: number,
  cores: readonly number[],
  redisCore: number,
): Promise<Fleet> {
  const redis = await startRedis(redisCore);
  const contestant = signetWith({ store: redis.address });
  const site = await newSite(contestant, bench.makeDirectory(`nodes-${count}`));
  const issuer = issuerOf(site);
  const others = await Promise.all(Array.from({ length: count - 1 }, freePort));
  const ports = [site.port, ...others];
  const nodes: RunningProgram[] = [];
  for (const port of ports) {
    const node = new RunningProgram(nodeAt(contestant, site, port), cores);
    const probe = new HttpClient(issuer, 1, [port]);
    await untilAnswered(node, () => probe.get('/.well-known/openid-configuration'));
    await probe.close();
    nodes.push(node);
  }
  const http = new HttpClient(issuer, CONNECTIONS, ports);
  return {
    issuer,
    http,
    people: undefined,
    servers: nodes,
    beside: [redis],
    cores,
    async stop() {
      await http.close();
      await Promise.all(nodes.map((node) => node.stop()));
      await redis.stop();
    },
  };
}
