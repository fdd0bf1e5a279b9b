import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { assert as check, ipV6, pre, property } from 'fast-check';
import { listedNetworkOf, networkOf } from '../../src/limits/network.ts';

describe('The network of an address', () => {
  for (const [ip, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['0:0:0:0:0:ffff:c000:207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:1:2:ffff:ffff:192.0.2.7', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['fe80::1%br-lan.7', 'fe80::/64'],
    ['::ffff:192.0.2.7%br-lan', '192.0.2.7'],
    ['', ''],
    ['unknown', 'unknown'],
  ] as const) {
    it(`${ip || 'nothing'} → ${network || 'nothing'}`, () => assert.equal(networkOf(ip), network));
  }

  it('is the same for every spelling of an IPv6 address', () => {
    check(
      property(ipV6(), (ip) => {
        // Such addresses are deprecated (RFC 4291 §2.5.5.1), and two spellings of one can be two networks.
        pre(!/^[0:]*\d+\.\d+\.\d+\.\d+$/.test(ip));
        assert.ok(isIPv6(ip));
        const network = networkOf(ip);
        assert.equal(networkOf(ip.toUpperCase()), network);
        assert.equal(networkOf(new URL(`http://[${ip}]`).hostname.slice(1, -1)), network);
        assert.match(network, /^[0-9a-f:]+::\/64$|^::\/64$|^[\d.]+$/);
      }),
    );
  });
});

describe('The network in a list of sessions', () => {
  for (const [ip, network] of [
    ['192.0.2.7', '192.0.2.0/24'],
    ['::ffff:192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:DB8::1', '2001:db8::/48'],
    ['::1', '::/48'],
    ['fe80::1%eth0', 'fe80::/48'],
    ['::ffff:192.0.2.7%br-lan', '192.0.2.0/24'],
    ['', undefined],
    ['unknown', undefined],
    ['127.1', undefined],
    ['0x7f000001', undefined],
  ] as const) {
    it(`${ip || 'nothing'} → ${network ?? 'nothing'}`, () => assert.equal(listedNetworkOf(ip), network));
  }
});
