import assert from 'node:assert/strict';
import { basic, signIn, WEB } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { ALL, machine } from './support/apis.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const TIMES = LONG ? 2000 : 20;

describe('F: response times for tokens of other clients', () => {
  const stage = useStage(ALL);
  const ask = async (path: string, token: string, client: { id: string; secret: string }) => {
    const headers = { Authorization: basic(client) };
    const body = new URLSearchParams({ token });
    return await (await fetch(`${stage.issuer}${path}`, { method: 'POST', headers, body })).text();
  };

  for (const [path, said] of Object.entries({ '/introspect': '{"active":false}', '/revoke': '{}' })) {
    row(
      'F17',
      `tokens of another client and invalid ones, at ${path}`,
      'alike, see the figures',
      async () => {
        const parameters = { scope: 'openid offline_access', prompt: 'consent' };
        const [live, dead] = [await signIn(stage.issuer, { parameters }), await signIn(stage.issuer)];
        await ask('/revoke', dead.tokens.access_token, WEB);
        const values = {
          'a good access token': live.tokens.access_token,
          'a good refresh token': live.tokens.refresh_token as string,
          'a revoked token': dead.tokens.access_token,
          none: 'x'.repeat(43),
        };
        const taken = new Map(Object.keys(values).map((name) => [name, [] as number[]]));
        for (let time = 0; time < TIMES; time += 1) {
          for (const [name, value] of Object.entries(values)) {
            const begin = performance.now();
            assert.equal(await ask(path, value, machine('stranger')), said);
            taken.get(name)?.push(performance.now() - begin);
          }
        }
        for (const [name, times] of taken) {
          const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
          figure(`F17 ${path}, ${name}, ${stage.storage}: p50 ${median?.toFixed(2)} ms`);
        }
        return 'alike, see the figures';
      },
    ).timeout(60_000);
  }
});
