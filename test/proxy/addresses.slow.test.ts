import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ADDRESS_HEADER, needNginx, type Nginx, planNginx, startNginx } from '../support/nginx.ts';
import { freePort } from '../support/free-port.ts';
import { ask, askInARow } from './visitor.ts';

/** The key by which nginx counts requests. */
describe('nginx counts', function () {
  this.timeout(60_000);
  let nginx: Nginx;
  let node: Server;
  let keys: number;

  before(async function () {
    await needNginx(this);
    node = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(node, 'listening');
    keys = await freePort();
    nginx = await startNginx(await planNginx(), [(node.address() as AddressInfo).port], { keys });
  });
  after(async () => {
    await nginx?.stop();
    node?.close().closeAllConnections();
  });

  async function keyOf(address: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${keys}/`, { headers: { [ADDRESS_HEADER]: address } });
    assert.equal(response.status, 200);
    return Buffer.from(await response.arrayBuffer()).toString('hex');
  }

  for (const [address, key] of [
    ['203.0.113.9', 'cb007109'],
    ['10.0.0.1', '0a000001'],
    ['::ffff:203.0.113.9', 'cb007109'],
    ['2001:db8:1:2::5', '20010db800010002'],
    ['2001:db8:1:2:a:b:c:d', '20010db800010002'],
    ['2001:db8:1:2:0:ffff:203.0.113.9', '20010db800010002'],
    ['2001:0:0:1:2:3:4:5', '2001000000000001'],
    ['2001:0:0:9:2:3:4:5', '2001000000000009'],
    ['2001::1:2:3:4:5', '2001000000000001'],
    ['2001::5', '2001000000000000'],
    ['::1', '0000000000000000'],
    ['::203.0.113.9', '0000000000000000'],
    ['64:ff9b::203.0.113.9', '0064ff9b00000000'],
    // Line feeds, quotes and NULs in its binary form.
    ['a0a:a0d:2227:5c00::1', '0a0a0a0d22275c00'],
  ] as const) {
    it(`${address} as ${key}`, async () => assert.equal(await keyOf(address), key));
  }

  it('an IPv6 /64 as one, in every notation', async () => {
    for (let zeros = 0; zeros < 256; zeros += 1) {
      const groups = Array.from({ length: 8 }, (_, index) => ((zeros >> index) & 1 ? 0 : 0x1a * (index + 1)));
      // In the client's notation; nginx prints the canonical one.
      const address = groups.map((group) => group.toString(16)).join(':');
      const network = groups.slice(0, 4).map((group) => group.toString(16).padStart(4, '0'));
      assert.equal(await keyOf(address), network.join(''), address);
    }
  });

  /** Statuses of as many requests as rate and burst of `/token` allow, and a hundred more. */
  async function flood(addressOf: (index: number) => string): Promise<number[]> {
    return await askInARow(
      nginx,
      Array.from({ length: 300 }, (_, index) => ({
        target: '/token',
        headers: { [ADDRESS_HEADER]: addressOf(index) },
      })),
    );
  }

  it('requests of one /64 together, and those of neighbouring networks separately', async () => {
    const statuses = await flood((index) => `2001:db8:1:2:${index.toString(16)}::${index % 7}`);
    assert.ok(statuses.includes(429));
    for (const address of ['2001:db8:1:2::', '2001:db8:1:2:ffff:ffff:ffff:ffff']) {
      const some = Array.from({ length: 40 }, () => ({
        target: '/token',
        headers: { [ADDRESS_HEADER]: address },
      }));
      assert.ok((await askInARow(nginx, some)).includes(429), address);
    }
    for (const address of ['2001:db8:1:3::5', '2001:db8:1::2', '2001:db8::1:2:0:5', '203.0.113.9']) {
      const { status } = await ask(nginx, '/token', { [ADDRESS_HEADER]: address });
      assert.equal(status, 200, address);
    }
  });

  it('networks that differ in their fourth group separately', async () => {
    const statuses = await flood((index) => `2001:0:0:${index.toString(16)}:2:3:4:5`);
    assert.deepEqual([statuses.length, ...new Set(statuses)], [300, 200]);
  });
});
