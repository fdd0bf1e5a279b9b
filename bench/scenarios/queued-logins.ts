import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { HttpClient } from '../client/http.ts';
import { runOpenLoop } from '../client/load.ts';
import { Person } from '../client/person.ts';
import { makeRow, type Row } from '../report/row.ts';
import { percentile, ratios } from '../report/statistics.ts';
import type { RunningServer } from '../servers/contestant.ts';
import { noMeasurements, order, type Sides } from '../sides.ts';
import { inParallel, requestMachineToken, signInRequest } from './tokens.ts';

/**
 * How many concurrent sign-ins affect token requests. Tokens are requested at a steady rate far below the capacity of the server,
 * first alone, then while 200 sign-ins are queued.
 */

const LOGINS = 200;
const TOKENS_PER_SECOND = 100;

export async function measureQueuedLogins(bench: Bench, servers: Sides<RunningServer>): Promise<Row[]> {
  const idle = noMeasurements();
  const queued = noMeasurements();
  for (let round = 0; round < bench.plan.loginRounds; round += 1) {
    for (const side of order(round)) {
      bench.say(`${LOGINS} queued logins, round ${round + 1} of ${bench.plan.loginRounds}: ${side}`);
      const { http } = servers[side];
      const token = async () => void (await requestMachineToken(http));
      idle[side].push(p99(await runOpenLoop(TOKENS_PER_SECOND, sleep(bench.plan.idleSeconds * 1000), token)));
      const press = await fillInLogins(servers[side]);
      const browsers = new HttpClient(servers[side].issuer, LOGINS);
      const signedIn = Promise.all(press.map((submit) => submit(browsers)));
      queued[side].push(p99(await runOpenLoop(TOKENS_PER_SECOND, signedIn, token)));
      await browsers.close();
    }
  }
  const slowdown = {
    signet: ratios(queued.signet, idle.signet),
    plain: ratios(queued.plain, idle.plain),
  };
  return [
    makeRow({ scenario: 'token p99, idle', unit: 'ms', better: 'less' }, idle),
    makeRow({ scenario: `token p99, ${LOGINS} logins queued`, unit: 'ms', better: 'less' }, queued),
    makeRow({ scenario: 'slowdown by queued logins', unit: 'times', better: 'less' }, slowdown, {
      goals: [{ of: 'signet', atMost: 2.5 }],
    }),
  ];
}

function fillInLogins({ http, issuer }: RunningServer): Promise<((http: HttpClient) => Promise<void>)[]> {
  return inParallel(LOGINS, () => {
    const { path, redirectUri } = signInRequest();
    return new Person(http, issuer).fillInLogin(path, redirectUri);
  });
}

function p99(durations: readonly number[]): number {
  return percentile(durations, 99);
}
