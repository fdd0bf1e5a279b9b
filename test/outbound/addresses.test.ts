import assert from 'node:assert/strict';
import { isPermitted, permittedAddresses } from '../../src/outbound/addresses.ts';
import { OutboundError } from '../../src/outbound/errors.ts';
import { parseTarget } from '../../src/outbound/target.ts';

/** Addresses in private networks: permitted with the switch. */
const PRIVATE = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fd00::1',
  'fc00::1',
];

/** Never permitted. */
const REFUSED = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '100.100.100.200',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  'fd00:ec2::254',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:0:127.0.0.1',
  '::7f00:1',
  '::8.8.8.8',
  '64:ff9b::7f00:1',
  '64:ff9b::808:808',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::',
  '2002:808:808::1',
  '2001:0:7f00:1::',
  '2001:db8::1',
  '2001:10::1',
  '3fff::1',
  '100::1',
  '5f00::1',
  '4000::1',
  'localhost',
  '',
];

const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
];

describe('the addresses that are connected to', () => {
  it('are global unicast addresses only', () => {
    assert.deepEqual(
      [...PRIVATE, ...REFUSED].filter((address) => isPermitted(address, false)),
      [],
    );
    assert.deepEqual(
      PUBLIC.filter((address) => !isPermitted(address, false)),
      [],
    );
  });

  it('are with the switch those of private networks too, and no others', () => {
    assert.deepEqual(
      [...PRIVATE, ...PUBLIC].filter((address) => !isPermitted(address, true)),
      [],
    );
    assert.deepEqual(
      REFUSED.filter((address) => isPermitted(address, true)),
      [],
    );
  });

  it('are decided about in every spelling of a host, without a lookup', async () => {
    const spellings = [
      '127.0.0.1',
      '127.0.0.1.',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '017700000001',
      '0177.0.0.01',
      '１２７.0.0.1',
      '127。0。0。1',
      '%31%32%37.0.0.1',
      '0',
      '[::1]',
      '[0:0:0:0:0:0:0:1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::127.0.0.1]',
    ];
    const resolve = () => assert.fail('looked up');
    for (const host of spellings) {
      const url = parseTarget(`https://${host}/keys`, { http: false });
      await assert.rejects(permittedAddresses(url.hostname, resolve, false), { failure: 'address' }, host);
    }
  });

  it('are all that a name has, or none of them', async () => {
    const found = [
      { address: '8.8.8.8', family: 4 as const },
      { address: '10.0.0.1', family: 4 as const },
    ];
    await assert.rejects(
      permittedAddresses('client.example', async () => found, false),
      { failure: 'address' },
    );
    assert.deepEqual(await permittedAddresses('client.example', async () => found, true), found);
  });

  it('are not found for a name without one', async () => {
    const failure = { failure: 'host' };
    await assert.rejects(
      permittedAddresses('client.example', async () => [], false),
      failure,
    );
    const rejects = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    await assert.rejects(permittedAddresses('client.example', rejects, false), failure);
  });
});

describe('the URLs that are requested', () => {
  it('are https, without a user name, and http only where it is allowed', () => {
    const urls = [
      'http://client.example/',
      'https://user@client.example/',
      'https://:secret@client.example/',
      'ftp://client.example/',
      'file:///etc/passwd',
      'data:application/json,{}',
      'blob:https://client.example/1',
      'client.example',
      `https://client.example/${'x'.repeat(2048)}`,
    ];
    for (const url of urls) assert.throws(() => parseTarget(url, { http: false }), OutboundError, url);
    for (const url of urls.slice(1))
      assert.throws(() => parseTarget(url, { http: true }), OutboundError, url);
    assert.equal(parseTarget('http://client.example', { http: true }).href, 'http://client.example/');
  });
});
