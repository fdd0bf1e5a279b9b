import assert from 'node:assert/strict';
import { basic, WEB } from '../support/flow.ts';
import { eventually } from '../support/redis-server.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import type { Stage } from './support/stage.ts';
import { useStage } from './support/stage.ts';

const WRONG = basic({ id: WEB.id, secret: 'wrong' });

/** The address that the audit trail has for a request with these headers. */
async function addressOf(stage: Stage, headers: Record<string, string | string[]>): Promise<string> {
  const { headers: answer } = await requestRaw(
    stage,
    'POST /token HTTP/1.1',
    { Authorization: WRONG, ...headers },
    'grant_type=client_credentials',
  );
  const traceId = answer['trace-id'];
  assert.ok(traceId !== undefined);
  let ip: string | undefined;
  await eventually('the request is in the audit trail', async () => {
    const events = await stage.store.audit.list({ type: 'client.authentication_failed', limit: 50 });
    ip = events.find((event) => event.traceId === traceId)?.ip;
    return ip !== undefined;
  });
  return String(ip);
}

/** Lines of the log with that level and text. */
const warnings = (stage: Stage, text: string): Record<string, unknown>[] =>
  stage.logged
    .split('\n')
    .filter((line) => line.includes('"level":"warn"') && line.includes(text))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** One for each process: there are four on Redis. */
function assertOnce(stage: Stage, found: readonly unknown[]): void {
  const processes = stage.storage === 'redis' ? 4 : 1;
  assert.ok(found.length >= 1 && found.length <= processes, `${found.length} warnings`);
}

describe('G: addresses that a trusted proxy reports', () => {
  const stage = useStage({ trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8', 'fe80::/10'] });

  const reported: [header: string | string[], address: string][] = [
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
    // From the right, as far as the hops are trusted.
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
  for (const [header, address] of reported) {
    row('G12', `X-Forwarded-For: ${JSON.stringify(header)}`, address, () =>
      addressOf(stage, { 'X-Forwarded-For': header }),
    );
  }

  row('G12', 'nothing that can be read is warned of', 'no warning', async () => {
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
  for (const header of unreadable) {
    row('G12', `X-Forwarded-For: ${header.slice(0, 40)}`, '127.0.0.1', () =>
      addressOf(stage, { 'X-Forwarded-For': header }),
    );
  }
  row('G12', 'an address that cannot be read', 'one warning with the first 20 characters', async () => {
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
    const seen: string[] = [];
    for (const headers of [{}, { 'X-Forwarded-For': '' }, { Forwarded: 'for=203.0.113.9' }]) {
      seen.push(await addressOf(stage, headers));
    }
    assert.deepEqual([...new Set(seen)], ['127.0.0.1']);
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
    for (const headers of [
      { 'X-Forwarded-Proto': 'https' },
      { Forwarded: 'for=203.0.113.9' },
      { 'X-Forwarded-For': '203.0.113.9' },
      { 'X-Real-IP': '203.0.113.9' },
    ] satisfies Record<string, string>[]) {
      assert.equal(await addressOf(stage, headers), '127.0.0.1');
    }
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
