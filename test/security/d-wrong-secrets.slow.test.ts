import assert from 'node:assert/strict';
import { basic, MACHINE, WEB } from '../support/flow.ts';
import { row } from './support/row.ts';
import { FROM_PROXY } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

const LIMIT = 20;
/** Each of the four workers may accept one more request before it has the count of the others. */
const RACING = 4;

describe('D: guessing of client secrets', () => {
  const stage = useStage({ ...FROM_PROXY, limits: { wrongClientSecrets: LIMIT } });

  async function ask(
    client: { id: string; secret: string },
    ip: string,
    options: { path?: string; inBody?: boolean; origin?: string } = {},
  ): Promise<Response> {
    const { path = '/token', inBody = false, origin } = options;
    const fields = { grant_type: 'client_credentials', scope: 'messages:read', token: 'x' };
    const body = new URLSearchParams(
      inBody ? { ...fields, client_id: client.id, client_secret: client.secret } : fields,
    );
    if (path === '/token') body.delete('token');
    const headers = {
      'X-Forwarded-For': ip,
      ...(origin !== undefined && { Origin: origin }),
      ...(!inBody && { Authorization: basic(client) }),
    };
    return await fetch(stage.issuer + path, { method: 'POST', headers, body });
  }

  /** @returns the number of 401 responses before the first 429 */
  async function guess(
    times: number,
    id: string,
    ip: string,
    options: { path?: string; inBody?: boolean } = {},
  ) {
    const statuses = [];
    for (let index = 0; index < times; index += 1) {
      const response = await ask({ id, secret: `wrong ${index}` }, ip, options);
      statuses.push(response.status);
      await response.body?.cancel();
    }
    const refused = statuses.filter((status) => status === 401).length;
    assert.equal(statuses.filter((status) => status === 429).length, times - refused);
    return refused;
  }

  row('D16', 'wrong secrets of one client', '401, then 429 with Retry-After', async () => {
    const refused = await guess(LIMIT + 20, MACHINE.id, '203.0.113.1');
    assert.ok(refused >= LIMIT && refused <= LIMIT + 1 + RACING, `${refused}`);
    const response = await ask({ ...MACHINE, secret: 'wrong' }, '203.0.113.1');
    assert.ok(Number(response.headers.get('retry-after')) >= 1);
    assert.equal(response.headers.get('www-authenticate'), null);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(((await response.json()) as { error: string }).error, 'temporarily_unavailable');
    return `401, then ${response.status} with Retry-After`;
  });

  row(
    'D16',
    'the right secret from that network, from another one, and other clients',
    '429, 200, 400',
    async () => {
      await guess(RACING * 10, MACHINE.id, '203.0.113.1');
      const there = await ask(MACHINE, '203.0.113.1');
      const elsewhere = await ask(MACHINE, '203.0.113.2');
      // The client authenticates, but is not registered for this grant.
      const other = await ask(WEB, '203.0.113.1');
      assert.doesNotMatch(await other.text(), /invalid_client/);
      return [there, elsewhere, other].map(({ status }) => status).join(', ');
    },
  );

  row(
    'D16',
    'wrong secrets from pages of other origins, with and without a client',
    '401 each, then 200',
    async () => {
      const ip = '203.0.113.77';
      const origin = 'https://evil.example';
      const seen = new Set<number>();
      for (const id of [MACHINE.id, 'nobody'])
        for (let index = 0; index < LIMIT + RACING * 2; index += 1)
          seen.add((await ask({ id, secret: `wrong ${index}` }, ip, { origin, inBody: true })).status);
      return `${[...seen].join()} each, then ${(await ask(MACHINE, ip)).status}`;
    },
  );

  row('D16', 'wrong secrets from many addresses of one IPv6 /64', '429', async () => {
    let last = 0;
    for (let index = 0; index < LIMIT + 1 + RACING * 2; index += 1) {
      last = (await ask({ ...MACHINE, secret: 'wrong' }, `2001:db8:0:1::${index.toString(16)}`)).status;
    }
    return String(last);
  });

  row('D16', 'wrong secrets at all endpoints, by all methods', 'one count', async () => {
    const ip = '203.0.113.3';
    const [half, more] = [Math.ceil(LIMIT / 2), LIMIT + RACING * 2];
    await guess(half, MACHINE.id, ip, { path: '/introspect' });
    await guess(half, MACHINE.id, ip, { path: '/revoke', inBody: true });
    const refused = await guess(more, MACHINE.id, ip, { inBody: true });
    assert.ok(refused <= 1 + RACING, `${refused}`);
    return 'one count';
  });

  row('D16', 'wrong secrets of an unknown client', 'as of a known one', async () => {
    const refused = await guess(LIMIT + 20, 'nobody', '203.0.113.4');
    assert.ok(refused >= LIMIT && refused <= LIMIT + 1 + RACING, `${refused}`);
    return 'as of a known one';
  });

  row('D16', 'many right secrets', '200', async () => {
    const statuses = new Set<number>();
    for (let index = 0; index < LIMIT * 3; index += 1) {
      const response = await ask(MACHINE, '203.0.113.5', { inBody: index % 2 === 0 });
      statuses.add(response.status);
      await response.body?.cancel();
    }
    return [...statuses].join();
  });

  row('D16', 'the right secret a minute later', '200', async () => {
    await stage.advance(60);
    return String((await ask(MACHINE, '203.0.113.1')).status);
  });
});
