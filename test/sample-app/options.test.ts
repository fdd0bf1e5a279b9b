import assert from 'node:assert/strict';
import { ExpiringMap } from '../../src/sample-app/expiring-map.ts';
import { readSettings } from '../../src/sample-app/options.ts';

describe('sample app: settings', () => {
  it('are those of the demo without an environment', () => {
    assert.deepEqual(readSettings({}), {
      host: '127.0.0.1',
      port: 3002,
      logLevel: 'info',
      url: new URL('http://localhost:3002'),
      issuer: 'http://localhost:3000',
      api: 'http://localhost:3001',
      clientId: 'demo-web',
      clientSecret: 'demo-web-secret',
    });
  });

  it('keep issuer and API as they are written', () => {
    const { issuer, api, url } = readSettings({
      SAMPLE_APP_PORT: '4000',
      SAMPLE_APP_ISSUER: 'https://login.example.com/tenant',
      SAMPLE_APP_API: 'https://api.example.com/',
    });
    assert.deepEqual(
      [issuer, api, url.href],
      ['https://login.example.com/tenant', 'https://api.example.com/', 'http://localhost:4000/'],
    );
  });

  it('are not taken from the service links of Kubernetes', () => {
    const links = {
      SAMPLE_APP_SERVICE_HOST: '10.96.14.7',
      SAMPLE_APP_SERVICE_PORT: '80',
      SAMPLE_APP_PORT: 'tcp://10.96.14.7:80',
      SAMPLE_APP_PORT_80_TCP: 'tcp://10.96.14.7:80',
      SAMPLE_APP_PORT_80_TCP_ADDR: '10.96.14.7',
    };
    assert.deepEqual(readSettings(links), readSettings({}));
    assert.equal(readSettings({ SAMPLE_APP_PORT: 'tcp://[fd00::7]:80' }).port, 3002);
  });

  for (const [name, value] of [
    ['SAMPLE_APP_PORT', '70000'],
    ['SAMPLE_APP_PORT', 'http'],
    ['SAMPLE_APP_PORT', '-1'],
    ['SAMPLE_APP_LOG_LEVEL', 'loud'],
    ['SAMPLE_APP_ISSUER', 'http://login.example.com'],
    ['SAMPLE_APP_ISSUER', 'localhost:3000'],
    ['SAMPLE_APP_ISSUER', ''],
    ['SAMPLE_APP_API', 'http://10.0.0.1'],
    ['SAMPLE_APP_URL', 'ftp://localhost'],
  ] as const) {
    it(`name ${name} when it is "${value}"`, () => {
      assert.throws(
        () => readSettings({ [name]: value }),
        new RegExp(`^Error: ${name} must be .*"${value}"$`),
      );
    });
  }
});

describe('sample app: the map of sessions', () => {
  let time: number;
  let map: ExpiringMap<string>;

  beforeEach(() => {
    time = 0;
    map = new ExpiringMap({ maxEntries: 2, ttl: 10, now: () => time });
  });

  it('forgets an entry when its time is over', () => {
    map.set('a', 'A');
    time = 9;
    assert.equal(map.get('a'), 'A');
    time = 10;
    assert.equal(map.get('a'), undefined);
    assert.equal(map.take('a'), undefined);
  });

  it('drops the oldest when there are too many', () => {
    for (const key of ['a', 'b', 'c']) map.set(key, key);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => map.get(key)),
      [undefined, 'b', 'c'],
    );
  });

  it('counts an entry that is set again as new', () => {
    for (const key of ['a', 'b', 'a', 'c']) map.set(key, key);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => map.get(key)),
      ['a', undefined, 'c'],
    );
  });

  it('gives an entry to one taker', () => {
    map.set('a', 'A');
    assert.deepEqual([map.take('a'), map.take('a'), map.get('a')], ['A', undefined, undefined]);
  });
});
