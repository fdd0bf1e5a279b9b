import assert from 'node:assert/strict';
import { readSettings } from '../../src/sample-app/options.ts';

describe('sample app: settings', () => {
  it('default to the demo', () => {
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

  it('keep issuer and API unchanged', () => {
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

  it('ignore the service links of Kubernetes', () => {
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
    it(`report ${name} when it is "${value}"`, () => {
      assert.throws(
        () => readSettings({ [name]: value }),
        new RegExp(`^Error: ${name} must be .*"${value}"$`),
      );
    });
  }
});
