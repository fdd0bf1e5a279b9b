import type { Bench } from '../bench.ts';
import { HttpClient } from '../client/http.ts';
import type { ScaleCores } from '../machine/cores.ts';
import { RunningProgram } from '../machine/processes.ts';
import type { ScaleSection } from '../report/scale.ts';
import { CONNECTIONS, issuerOf, newSite, untilAnswered } from '../servers/contestant.ts';
import { signetWith } from '../servers/signet.ts';
import { type Fleet, measureCapacity } from './capacity.ts';

/** One worker on one core beside two workers on two, each side with a database file of its own. */
export async function measureWorkers(bench: Bench, cores: ScaleCores): Promise<ScaleSection> {
  const title = '1 → 2 workers';
  const fleets = {
    small: await startWorkers(bench, 1, cores.one),
    large: await startWorkers(bench, 2, cores.two),
  };
  const rows = await measureCapacity(bench, fleets, title);
  await Promise.all([fleets.small.stop(), fleets.large.stop()]);
  return { title, small: '1 worker', large: '2 workers', rows };
}

async function startWorkers(bench: Bench, workers: number, cores: readonly number[]): Promise<Fleet> {
  const contestant = signetWith({ workers });
  const site = await newSite(contestant, bench.makeDirectory(`workers-${workers}`));
  const issuer = issuerOf(site);
  const primary = new RunningProgram(contestant.authorizationServer(site), cores);
  const http = new HttpClient(issuer, CONNECTIONS);
  await untilAnswered(primary, () => http.get('/.well-known/openid-configuration'));
  return {
    issuer,
    http,
    people: undefined,
    servers: [primary],
    beside: [],
    cores,
    async stop() {
      await http.close();
      await primary.stop();
    },
  };
}
