import assert from 'node:assert/strict';
import { readSettings } from '../../src/resource-server/options.ts';

describe('resource server: settings', () => {
  it('default to the demo', () => {
    assert.deepEqual(readSettings({}), {
      host: '127.0.0.1',
      port: 3001,
      logLevel: 'info',
      issuer: 'http://localhost:3000',
      audience: 'http://localhost:3001',
      algorithms: ['RS256'],
      introspection: { clientId: 'demo-api', clientSecret: 'demo-api-secret' },
    });
  });

  it('turn introspection on for a remote issuer only with a client id', () => {
    const issuer = { RESOURCE_SERVER_ISSUER: 'https://login.example.com' };
    assert.equal(readSettings(issuer).introspection, undefined);
    assert.equal(readSettings({ RESOURCE_SERVER_CLIENT_ID: '' }).introspection, undefined);
    const client = { ...issuer, RESOURCE_SERVER_CLIENT_ID: 'api' };
    assert.throws(() => readSettings(client), /RESOURCE_SERVER_CLIENT_SECRET/);
    const uri = { RESOURCE_SERVER_INTROSPECTION_URI: 'http://signet:3000/introspect' };
    assert.deepEqual(readSettings({ ...client, ...uri, RESOURCE_SERVER_CLIENT_SECRET: 's' }).introspection, {
      clientId: 'api',
      clientSecret: 's',
      endpoint: 'http://signet:3000/introspect',
    });
  });

  it('keep URLs unchanged', () => {
    const settings = readSettings({
      RESOURCE_SERVER_PORT: '0',
      RESOURCE_SERVER_LOG_LEVEL: 'warn',
      RESOURCE_SERVER_ISSUER: 'https://login.example.com/',
      RESOURCE_SERVER_AUDIENCE: 'https://API.example.com',
      RESOURCE_SERVER_JWKS_URI: 'http://signet:3000/jwks',
      RESOURCE_SERVER_SIGNING_ALGORITHM: 'ES256',
    });
    assert.deepEqual(settings, {
      host: '127.0.0.1',
      port: 0,
      logLevel: 'warn',
      issuer: 'https://login.example.com/',
      audience: 'https://API.example.com',
      algorithms: ['ES256'],
      jwksUri: 'http://signet:3000/jwks',
    });
  });

  it('ignore the service links of Kubernetes', () => {
    const links = {
      RESOURCE_SERVER_SERVICE_HOST: '10.96.14.7',
      RESOURCE_SERVER_SERVICE_PORT: '80',
      RESOURCE_SERVER_PORT: 'tcp://10.96.14.7:80',
      RESOURCE_SERVER_PORT_80_TCP: 'tcp://10.96.14.7:80',
      RESOURCE_SERVER_PORT_80_TCP_ADDR: '10.96.14.7',
    };
    assert.deepEqual(readSettings(links), readSettings({}));
    assert.equal(readSettings({ RESOURCE_SERVER_PORT: 'tcp://[fd00::7]:80' }).port, 3001);
  });

  for (const [name, value] of [
    ['RESOURCE_SERVER_PORT', '65536'],
    ['RESOURCE_SERVER_PORT', ''],
    ['RESOURCE_SERVER_LOG_LEVEL', 'loud'],
    ['RESOURCE_SERVER_ISSUER', 'login.example.com'],
    ['RESOURCE_SERVER_AUDIENCE', 'urn:api'],
    ['RESOURCE_SERVER_JWKS_URI', 'file:///etc/keys'],
    ['RESOURCE_SERVER_URGENT_MAX_AGE', '5m'],
    ['RESOURCE_SERVER_SIGNING_ALGORITHM', 'HS256'],
    ['RESOURCE_SERVER_SIGNING_ALGORITHM', 'none'],
    ['RESOURCE_SERVER_SIGNING_ALGORITHM', ''],
    ['RESOURCE_SERVER_SIGNING_ALGORITHM', 'RS256,ES256'],
  ] as const) {
    it(`report ${name} when it is "${value}"`, () => {
      assert.throws(
        () => readSettings({ [name]: value }),
        new RegExp(`^Error: ${name} must be .*"${value}"$`),
      );
    });
  }
});
