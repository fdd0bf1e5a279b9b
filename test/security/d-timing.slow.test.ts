import assert from 'node:assert/strict';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { postForm } from './support/post-form.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const TIMES = LONG ? 2000 : 20;

/** In production: a development server searches for the nearest client. */
describe('D: response times of failed client authentication', () => {
  const stage = useStage({
    issuer: 'https://login.example.com',
    port: 0,
    limits: { enabled: false },
    clients: [
      {
        client_id: 'machine',
        client_secret: 'machine-secret-of-more-than-32-characters',
        grant_types: ['client_credentials'],
        scope: 'orders:read',
      },
    ],
    apis: [{ audience: 'https://orders.example.com', name: 'Orders', scopes: { 'orders:read': 'Read' } }],
  });

  row('D10', 'wrong secret, unknown client', '401 each, see the figures', async () => {
    const clients = {
      'wrong secret': 'machine',
      'unknown client': 'nobody',
      'unknown clients': (time: number) => `nobody-${time}`,
    };
    const taken = new Map(Object.keys(clients).map((name) => [name, [] as number[]]));
    for (let time = 0; time < TIMES; time += 1) {
      for (const [name, id] of Object.entries(clients)) {
        const clientId = typeof id === 'string' ? id : id(time);
        const body = new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: 'a wrong secret',
        });
        const begin = performance.now();
        const response = await postForm(stage, body.toString(), { Authorization: undefined });
        taken.get(name)?.push(performance.now() - begin);
        assert.equal(response.status, 401);
      }
    }
    for (const [name, times] of taken) {
      const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
      figure(`D10 ${name}, ${stage.storage}: p50 ${median?.toFixed(2)} ms`);
    }
    return '401 each, see the figures';
  }).timeout(60_000);
});
