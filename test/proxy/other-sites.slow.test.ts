import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../support/free-port.ts';
import { ADDRESS_HEADER, needNginx, type Nginx, planNginx, startNginx } from '../support/nginx.ts';
import { ask, askInARow } from './visitor.ts';

/** More than rate and burst of any path allow. */
const FLOOD = 2500;

type Headers = Record<string, string>;

const part = (destination: string, mode = 'no-cors', site = 'cross-site'): Headers => ({
  'Sec-Fetch-Dest': destination,
  'Sec-Fetch-Mode': mode,
  'Sec-Fetch-Site': site,
});

/** Counted as usual: navigations, also on pages of Signet, and clients that are no browsers. */
const VISITORS: Record<string, Headers> = {
  'a link on an app': part('document', 'navigate'),
  'the address bar': part('document', 'navigate', 'none'),
  "a part of Signet's own pages": part('style', 'no-cors', 'same-origin'),
  'a client without Fetch Metadata': {},
};

/** Requests that another site causes in its visitors' browsers (Fetch Metadata), which Signet rejects before it counts them. */
describe('nginx and requests caused by other sites', function () {
  this.timeout(60_000);
  let nginx: Nginx;
  let node: Server;
  /** Each case has an address, and so counts, of its own. */
  let address: string;
  let cases = 0;

  before(async function () {
    await needNginx(this);
    node = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(node, 'listening');
    const { port } = node.address() as AddressInfo;
    nginx = await startNginx(await planNginx(), [port], { keys: await freePort() });
  });
  beforeEach(() => (address = `203.0.113.${(cases += 1)}`));
  after(async () => {
    await nginx?.stop();
    node?.close().closeAllConnections();
  });

  const requestOf = (path: string, headers: Headers) => {
    const [method, target] = path.split(' ') as [string, string];
    const body = method === 'POST' ? 'a=b' : '';
    return { method, target, body, headers: { ...headers, [ADDRESS_HEADER]: address } };
  };
  const statusOf = async (path: string, headers: Headers): Promise<number> => {
    const { target, headers: all, ...options } = requestOf(path, headers);
    return (await ask(nginx, target, all, options)).status;
  };
  const statusesOf = async (path: string, headers: Headers, count: number): Promise<number[]> =>
    await askInARow(
      nginx,
      Array.from({ length: count }, () => requestOf(path, headers)),
    );

  /** Sends requests until some are rejected. */
  async function flood(path: string, headers: Headers): Promise<void> {
    const statuses = new Set<number>();
    for (let sent = 0; sent < FLOOD && !statuses.has(429); sent += 500) {
      for (const status of await statusesOf(path, headers, 500)) statuses.add(status);
    }
    assert.deepEqual([...statuses], [200, 429]);
  }

  /** Whether some of many requests are rejected; a few are allowed again meanwhile. */
  async function isLimited(path: string, headers: Headers): Promise<boolean> {
    return (await statusesOf(path, headers, 200)).includes(429);
  }

  async function visitors(path: string): Promise<Record<string, number>> {
    const answers = Object.entries(VISITORS).map(async ([who, headers]) => [
      who,
      await statusOf(path, headers),
    ]);
    return Object.fromEntries(await Promise.all(answers)) as Record<string, number>;
  }

  const ANSWERED = Object.fromEntries(Object.keys(VISITORS).map((who) => [who, 200]));

  const PREFETCH = { ...part('document', 'navigate'), 'Sec-Purpose': 'prefetch' };

  for (const [what, path, headers] of [
    ['images', 'GET /authorize', part('image')],
    ['pages fetched ahead', 'GET /authorize', PREFETCH],
    ['secrets by fetch()', 'POST /token', part('empty')],
    ['forms by fetch()', 'POST /interaction/a/login', part('empty', 'cors')],
  ] as const) {
    it(`counts ${what} separately from navigations and servers`, async () => {
      await flood(path, headers);
      assert.equal(await isLimited(path, headers), true);
      assert.deepEqual(await visitors(path), ANSWERED);
      assert.equal(await statusOf(path, part('iframe', 'navigate')), 200);
    });
  }

  it('counts frames separately, also from images', async () => {
    const frame = part('iframe', 'navigate');
    await flood('GET /authorize', frame);
    assert.equal(await isLimited('GET /authorize', part('frame', 'navigate')), true);
    assert.deepEqual(await visitors('GET /authorize'), ANSWERED);
    assert.equal(await statusOf('GET /authorize', part('image')), 200);
  });

  it('counts navigations and clients without Fetch Metadata together', async () => {
    await flood('GET /authorize', {});
    for (const [who, headers] of Object.entries(VISITORS)) {
      assert.equal(await isLimited('GET /authorize', headers), true, who);
    }
  });
});
