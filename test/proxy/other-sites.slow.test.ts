import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { needNginx, type Nginx, planNginx, startNginx } from '../support/nginx.ts';
import { dial } from './visitor.ts';

const CONNECTIONS = 10;
/** More than rate and burst of `/authorize` allow. */
const FLOOD = 2000;

const part = (destination: string, mode = 'no-cors', site = 'cross-site') => ({
  'sec-fetch-dest': destination,
  'sec-fetch-mode': mode,
  'sec-fetch-site': site,
});

/** Counted as usual: navigations, also on pages of Signet, and clients that are no browsers. */
const VISITORS: Record<string, IncomingHttpHeaders> = {
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
  let sessions: ClientHttp2Session[] = [];

  before(async function () {
    await needNginx(this);
    node = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(node, 'listening');
  });
  beforeEach(async () => {
    nginx = await startNginx(await planNginx(), [(node.address() as AddressInfo).port]);
    sessions = Array.from({ length: CONNECTIONS }, () =>
      connect(nginx.issuer, { createConnection: () => dial(nginx, { ALPNProtocols: ['h2'] }) }),
    );
  });
  afterEach(async () => {
    for (const session of sessions) session.destroy();
    await nginx?.stop();
  });
  after(() => node?.close().closeAllConnections());

  async function ask(path: string, headers: IncomingHttpHeaders, turn = 0): Promise<number | undefined> {
    const [method, target] = path.split(' ') as [string, string];
    const session = sessions[turn % CONNECTIONS] as ClientHttp2Session;
    const stream = session.request({ ':method': method, ':path': target, ...headers });
    stream.end(method === 'POST' ? 'a=b' : undefined);
    const [answer] = (await once(stream, 'response')) as [{ ':status'?: number }];
    stream.resume();
    return answer[':status'];
  }

  async function flood(path: string, headers: IncomingHttpHeaders): Promise<void> {
    const statuses = new Set<number | undefined>();
    for (let sent = 0; sent < FLOOD; sent += 500) {
      const answers = Array.from({ length: 500 }, (_, turn) => ask(path, headers, turn));
      for (const status of await Promise.all(answers)) statuses.add(status);
    }
    assert.deepEqual([...statuses], [200, 429]);
  }

  /** Whether some of many concurrent requests are rejected; a few are allowed again meanwhile. */
  async function isLimited(path: string, headers: IncomingHttpHeaders): Promise<boolean> {
    const answers = Array.from({ length: 200 }, (_, turn) => ask(path, headers, turn));
    return (await Promise.all(answers)).includes(429);
  }

  async function visitors(path: string): Promise<Record<string, number | undefined>> {
    const answers = Object.entries(VISITORS).map(async ([who, headers]) => [who, await ask(path, headers)]);
    return Object.fromEntries(await Promise.all(answers)) as Record<string, number | undefined>;
  }

  const ANSWERED = Object.fromEntries(Object.keys(VISITORS).map((who) => [who, 200]));

  const PREFETCH = { ...part('document', 'navigate'), 'sec-purpose': 'prefetch' };

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
      assert.equal(await ask(path, part('iframe', 'navigate')), 200);
    });
  }

  it('counts frames separately, also from images', async () => {
    const frame = part('iframe', 'navigate');
    await flood('GET /authorize', frame);
    assert.equal(await isLimited('GET /authorize', part('frame', 'navigate')), true);
    assert.deepEqual(await visitors('GET /authorize'), ANSWERED);
    assert.equal(await ask('GET /authorize', part('image')), 200);
  });

  it('counts navigations and clients without Fetch Metadata together', async () => {
    await flood('GET /authorize', {});
    for (const [who, headers] of Object.entries(VISITORS)) {
      assert.equal(await isLimited('GET /authorize', headers), true, who);
    }
  });
});
