import assert from 'node:assert/strict';
import { basic, WEB } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import type { Stage } from './support/stage.ts';
import { useStage } from './support/stage.ts';

const WRONG = basic({ id: WEB.id, secret: 'wrong' });

type Sent = Record<string, string | readonly string[]>;

/** The addresses in the audit trail for requests with these headers, by trace id. The audit trail is written after the response. */
async function addressesOf(stage: Stage, requests: readonly Sent[]): Promise<string[]> {
  const answers = await Promise.all(
    requests.map((headers) =>
      requestRaw(
        stage,
        'POST /token HTTP/1.1',
        { Authorization: WRONG, ...headers },
        'grant_type=client_credentials',
      ),
    ),
  );
  const addresses = new Map<string | undefined, string | undefined>();
  await eventually('the requests are in the audit trail', async () => {
    const events = await stage.store.audit.list({ type: 'client.authentication_failed', limit: 500 });
    for (const { traceId, ip } of events) addresses.set(traceId, ip);
    return answers.every(({ headers }) => addresses.has(headers['trace-id']));
  });
  return answers.map(({ headers }) => String(addresses.get(headers['trace-id'])));
}

async function addressOf(stage: Stage, headers: Sent): Promise<string> {
  const [address = ''] = await addressesOf(stage, [headers]);
  return address;
}

/** Lines of the log with this level and text. */
const warnings = (stage: Stage, text: string): Record<string, unknown>[] =>
  stage.logged
    .split('\n')
    .filter((line) => line.includes('"level":"warn"') && line.includes(text))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** One for each process: four on Redis. */
function assertOnce(stage: Stage, found: readonly unknown[]): void {
  const processes = stage.storage === 'redis' ? 4 : 1;
  assert.ok(found.length >= 1 && found.length <= processes, `${found.length} warnings`);
}

describe('G: addresses that a trusted proxy reports', () => {
  const stage = useStage({ trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8', 'fe80::/10'] });

  const reported: [header: string | readonly string[], address: string][] = [
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:50123', '203.0.113.9'],
    ['203.0.113.9:0', '203.0.113.9'],
    ['203.0.113.9:', '203.0.113.9'],
    ['"203.0.113.9"', '203.0.113.9'],
    ['"203.0.113.9:50123"', '203.0.113.9'],
    ['  203.0.113.9:50123  ', '203.0.113.9'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]"', '2001:db8::1'],
    ['"[2001:db8::1]:50123"', '2001:db8::1'],
    ['2001:db8::1:50123', '2001:db8::1'],
    ['2001:db8:1:2:3:4:5:6:443', '2001:db8:1:2:3:4:5:6'],
    ['2001:DB8::A', '2001:DB8::A'],
    ['2001:db8::1%eth0', '2001:db8::1'],
    ['[2001:db8::1%25eth0]:443', '2001:db8::1'],
    ['::ffff:203.0.113.9', '::ffff:203.0.113.9'],
    ['[::ffff:203.0.113.9]:50123', '::ffff:203.0.113.9'],
    // From the right, as long as the hops are trusted.
    ['198.51.100.1, 203.0.113.9:50123', '203.0.113.9'],
    ['203.0.113.9:50123, 10.1.2.3:8080', '203.0.113.9'],
    ['198.51.100.1,203.0.113.9:50123,[fd00::7]:443,10.1.2.3:8080', '203.0.113.9'],
    ['203.0.113.9, fe80::1%eth0', '203.0.113.9'],
    ['203.0.113.9:50123, ::ffff:10.1.2.3', '203.0.113.9'],
    ['203.0.113.9:50123,', '203.0.113.9'],
    [', ,203.0.113.9', '203.0.113.9'],
    [['198.51.100.1', '203.0.113.9:50123'], '203.0.113.9'],
    ['unknown, 203.0.113.9', '203.0.113.9'],
    ['10.1.2.3:8080', '10.1.2.3'],
  ];
  let seen: Promise<string[]> | undefined;
  for (const [index, [header, address]] of reported.entries()) {
    row('G12', `X-Forwarded-For: ${JSON.stringify(header)}`, address, async () => {
      seen ??= addressesOf(
        stage,
        reported.map(([each]) => ({ 'X-Forwarded-For': each })),
      );
      return String((await seen)[index]);
    });
  }

  row('G12', 'valid addresses', 'no warning', async () => {
    await addressOf(stage, { 'X-Forwarded-For': '203.0.113.9:50123' });
    assert.deepEqual(warnings(stage, 'X-Forwarded-For'), []);
    return 'no warning';
  });

  const unreadable = [
    'unknown',
    '_hidden',
    '_secret-of-more-than-twenty-characters',
    'for=203.0.113.9',
    '203.0.113.9;203.0.113.10',
    '203.0.113',
    '203.0.113.009',
    '203.0.113.9:port',
    '203.0.113.9:123456',
    '[2001:db8::1',
    '2001:db8::1]:443',
    '2001:db8::1::2',
    'evil.example',
    '203.0.113.9, unknown',
    '1'.repeat(5000),
  ];
  let fallen: Promise<string[]> | undefined;
  for (const [index, header] of unreadable.entries()) {
    row('G12', `X-Forwarded-For: ${header.slice(0, 40)}`, '127.0.0.1', async () => {
      fallen ??= addressesOf(
        stage,
        unreadable.map((each) => ({ 'X-Forwarded-For': each })),
      );
      return String((await fallen)[index]);
    });
  }
  row('G12', 'an invalid address', 'one warning with the first 20 characters', async () => {
    const found = warnings(stage, 'no address');
    assertOnce(stage, found);
    for (const { peer, value, msg } of found) {
      assert.equal(peer, '127.0.0.1');
      assert.ok(unreadable.some((header) => header.slice(0, 20) === value || header.endsWith(String(value))));
      assert.match(String(msg), /all such clients share the address 127\.0\.0\.1/);
    }
    assert.doesNotMatch(stage.logged, /_secret-of-more-than-twenty/);
    return 'one warning with the first 20 characters';
  });

  row('G12', 'no X-Forwarded-For', "127.0.0.1, one warning with the proxy's address", async () => {
    const addresses = await addressesOf(stage, [
      {},
      { 'X-Forwarded-For': '' },
      { Forwarded: 'for=203.0.113.9' },
    ]);
    assert.deepEqual(addresses, Array(3).fill('127.0.0.1'));
    assertOnce(stage, warnings(stage, 'the trusted proxy 127.0.0.1 has no X-Forwarded-For'));
    return "127.0.0.1, one warning with the proxy's address";
  });
});

describe('G: addresses that an untrusted peer reports', () => {
  const stage = useStage();

  row('G12', 'no forwarded header', 'no warning', async () => {
    assert.equal(await addressOf(stage, {}), '127.0.0.1');
    assert.deepEqual(warnings(stage, 'trustedProxies'), []);
    return 'no warning';
  });

  row('G12', 'forwarded headers', '127.0.0.1, one warning that names trustedProxies', async () => {
    const addresses = await addressesOf(stage, [
      { 'X-Forwarded-Proto': 'https' },
      { Forwarded: 'for=203.0.113.9' },
      { 'X-Forwarded-For': '203.0.113.9' },
      { 'X-Real-IP': '203.0.113.9' },
    ]);
    assert.deepEqual(addresses, Array(4).fill('127.0.0.1'));
    const found = warnings(stage, 'trustedProxies');
    assertOnce(stage, found);
    for (const { peer, msg } of found) {
      assert.equal(peer, '127.0.0.1');
      assert.match(
        String(msg),
        /from 127\.0\.0\.1 is ignored, because that address is not in trustedProxies/,
      );
    }
    assert.doesNotMatch(stage.logged, /203\.0\.113\.9/);
    return '127.0.0.1, one warning that names trustedProxies';
  });
});
