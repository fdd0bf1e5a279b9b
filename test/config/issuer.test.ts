import assert from 'node:assert/strict';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import { issuerPath, issuerUrl } from '../../src/config/issuer.ts';

const LONG = 'a'.repeat(99);

describe('the path of an issuer', () => {
  for (const [issuer, path, jwks] of [
    ['https://example.com', '', 'https://example.com/jwks'],
    ['https://example.com/auth', '/auth', 'https://example.com/auth/jwks'],
    ['https://example.com/auth/', '/auth', 'https://example.com/auth/jwks'],
    [
      'https://example.com/realms/a.b-c_d~e',
      '/realms/a.b-c_d~e',
      'https://example.com/realms/a.b-c_d~e/jwks',
    ],
    [`https://example.com/${LONG}`, `/${LONG}`, `https://example.com/${LONG}/jwks`],
    ['https://example.com:8443/A', '/A', 'https://example.com:8443/A/jwks'],
  ] as const) {
    it(`${issuer} is kept as it is configured`, () => {
      assert.equal(parseConfig({ issuer }).issuer, issuer);
      assert.equal(issuerPath(issuer), path);
      assert.equal(issuerUrl(issuer, '/jwks'), jwks);
    });
  }

  const SEGMENTS =
    'issuer: its path may have letters, digits, and inside of its segments also . - _ and ~; nothing is percent-encoded';
  const PARTS = 'issuer: must be scheme, host, port and path only, without a query or fragment';
  const normal = (issuer: string) => `issuer: write it in its normal form, ${issuer}`;
  for (const [issuer, problem] of [
    ['https://example.com/', normal('https://example.com')],
    ['https://example.com/a/../auth', normal('https://example.com/auth')],
    ['https://example.com/a/%2e%2e/auth', normal('https://example.com/auth')],
    ['https://example.com/./auth', normal('https://example.com/auth')],
    ['https://example.com/auth/..', normal('https://example.com')],
    ['https://example.com\\auth', normal('https://example.com/auth')],
    ['https://EXAMPLE.com/auth', normal('https://example.com/auth')],
    ['https://example.com:443/auth', normal('https://example.com/auth')],
    ['https://example.com/auth?', normal('https://example.com/auth')],
    ['https://example.com/auth#', normal('https://example.com/auth')],
    ['https://example.com/auth?realm=a', PARTS],
    ['https://example.com/auth#a', PARTS],
    ['https://user@example.com/auth', PARTS],
    ['https://example.com//auth', SEGMENTS],
    ['https://example.com/auth//', SEGMENTS],
    ['https://example.com/a%20b', SEGMENTS],
    ['https://example.com/a%2Fb', SEGMENTS],
    ['https://example.com/büro', SEGMENTS],
    ['https://example.com/:uid', SEGMENTS],
    ['https://example.com/a;b', SEGMENTS],
    ['https://example.com/.well-known/auth', SEGMENTS],
    [`https://example.com/${'a'.repeat(100)}`, 'issuer: its path may have 100 characters at most'],
  ] as const) {
    it(`${issuer} is refused`, () => {
      assert.throws(
        () => parseConfig({ issuer }),
        (error: unknown) => {
          assert.ok(error instanceof ConfigurationError);
          assert.deepEqual(error.problems, [problem]);
          return true;
        },
      );
    });
  }

  it('an issuer with a path on localhost has a port and the demo', () => {
    const { port, mode, demo } = parseConfig({ issuer: 'http://localhost:3700/auth' });
    assert.deepEqual({ port, mode, demo }, { port: 3700, mode: 'development', demo: true });
  });
});
