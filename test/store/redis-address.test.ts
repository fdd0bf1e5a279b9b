import assert from 'node:assert/strict';
import { StoreOpenError } from '../../src/store/errors.ts';
import { describeAddress, parseAddress } from '../../src/store/redis/connection/address.ts';

const DEFAULTS = {
  tls: false,
  db: 0,
  wait: 'connected',
  allowEviction: false,
  allowNoAof: false,
  sentinel: {},
};

describe('The address of a Redis store', () => {
  it('names a server', () => {
    const server = { ...DEFAULTS, kind: 'server', nodes: [{ host: 'redis', port: 6379 }] };
    assert.deepEqual(parseAddress('redis://redis'), server);
    assert.deepEqual(parseAddress('redis://redis:6379/0'), server);
    assert.deepEqual(parseAddress('rediss://redis/3'), { ...server, tls: true, db: 3 });
    assert.deepEqual(parseAddress('redis://[::1]:7000').nodes, [{ host: '::1', port: 7000 }]);
    assert.equal(describeAddress(parseAddress('redis://[::1]:7000')), 'redis://[::1]:7000');
  });

  it('names sentinels and their master', () => {
    assert.deepEqual(
      parseAddress('redis+sentinel://a,b:26380/main/2?sentinel-user=u&sentinel-password=p%40'),
      {
        ...DEFAULTS,
        kind: 'sentinel',
        nodes: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
        ],
        masterName: 'main',
        db: 2,
        sentinel: { username: 'u', password: 'p@' },
      },
    );
  });

  it('names nodes of a cluster', () => {
    const { kind, nodes, tls } = parseAddress('rediss+cluster://a:1,b:2,[fe80::1]:3');
    assert.deepEqual(
      { kind, tls, ports: nodes.map(({ port }) => port) },
      { kind: 'cluster', tls: true, ports: [1, 2, 3] },
    );
  });

  it('has a user and a password, which its description omits', () => {
    const both = parseAddress('redis+sentinel://us%3Aer:pass:w@rd%2F@host/main');
    assert.equal(both.username, 'us:er');
    assert.equal(both.password, 'pass:w@rd/');
    assert.equal(describeAddress(both), 'redis+sentinel://host:26379/main');
    const alone = parseAddress('redis://:secret@host');
    assert.equal(alone.username, undefined);
    assert.equal(alone.password, 'secret');
  });

  it('has options', () => {
    const { wait, allowEviction, allowNoAof } = parseAddress(
      'redis://host?wait=2&allow-eviction=yes&allow-no-aof=yes',
    );
    assert.deepEqual({ wait, allowEviction, allowNoAof }, { wait: 2, allowEviction: true, allowNoAof: true });
  });

  it('is rejected with a sentence that contains no password', () => {
    const refused = {
      'redis:': /write redis:/,
      'redis://': /write redis:/,
      'redis://:hunter2@': /write redis:/,
      'redis://u:hunter2@a,b': /several servers/,
      'redis://u:hunter2@host:0': /host or port/,
      'redis://u:hunter2@host:hunter2': /host or port/,
      'redis://u:hunter2%@host': /percent-encoded/,
      'redis://u:hunter2@host/zero': /database/,
      'redis://u:hunter2@host/0/1': /database/,
      'redis+cluster://u:hunter2@a,b/1': /database/,
      'redis+sentinel://u:hunter2@a,b': /names no master/,
      'redis://host?wait=hunter2': /wait/,
      'redis://host?allow-eviction=hunter2': /write allow-eviction=yes/,
      'redis://host?hunter2=1': /unknown option: name one of wait, /,
      'redis://u:hunter2?x@host': /unknown option/,
    };
    for (const [address, message] of Object.entries(refused)) {
      assert.throws(
        () => parseAddress(address),
        (error: unknown) => {
          assert.ok(error instanceof StoreOpenError, address);
          assert.match(error.message, message, address);
          assert.doesNotMatch(error.message, /hunter2|\n|\.$/);
          return true;
        },
      );
    }
  });
});
