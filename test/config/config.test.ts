import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, parseConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  it('needs nothing for development', () => {
    const config = loadConfig({ env: { SIGNET_CONFIG: undefined }, path: undefined });
    assert.equal(config.mode, 'development');
    assert.equal(config.issuer, 'http://localhost:3000');
    assert.equal(config.port, 3000);
    assert.equal(config.demo, true);
  });

  it('is production for every issuer that is not on this machine, without the demo', () => {
    const config = parseConfig({ issuer: 'https://login.example.com' });
    assert.equal(config.mode, 'production');
    assert.equal(config.demo, false);
    assert.deepEqual(config.clients, []);
    assert.equal(parseConfig({ issuer: 'http://127.0.0.1:4000' }).port, 4000);
  });

  it('takes the port for the issuer, too, where there is no issuer', () => {
    const both = ({ issuer, port }: { issuer: string; port: number }) => [issuer, port];
    assert.deepEqual(both(parseConfig({ port: 3700 })), ['http://localhost:3700', 3700]);
    assert.deepEqual(both(parseConfig({ port: 0 })), ['http://localhost:3000', 0]);
    const issuer = 'http://localhost:8080';
    assert.deepEqual(both(parseConfig({ port: 3700, issuer })), [issuer, 3700]);
  });

  it('R12 lists every problem at once, with the nearest known key', () => {
    const problems = problemsOf(() =>
      parseConfig({ isuer: 'x', log: { levle: 'info' }, port: 'a', lifetimes: { accessToken: '5x' } }),
    );
    assert.equal(problems.length, 4);
    assert.ok(problems.includes('isuer: unknown key; did you mean issuer?'));
    assert.ok(problems.includes('log.levle: unknown key; did you mean level?'));
  });

  const refused: [string, Record<string, unknown>, RegExp][] = [
    ['http outside localhost', { issuer: 'http://login.example.com' }, /must be https/],
    ['a trailing slash', { issuer: 'https://login.example.com/' }, /without a trailing slash/],
    ['a path in the issuer', { issuer: 'https://login.example.com/auth' }, /scheme, host and port only/],
    [
      'upper case in the issuer',
      { issuer: 'https://Login.example.com' },
      /normal form, https:\/\/login\.example\.com/,
    ],
    ['the default port written out', { issuer: 'https://login.example.com:443' }, /normal form/],
    ['the demo in production', { issuer: 'https://login.example.com', demo: true }, /refused in production/],
    ['codes that live longer than a minute', { lifetimes: { authorizationCode: 61 } }, /at most 60/],
    ['a family shorter than its tokens', { lifetimes: { refreshTokenFamily: '1d' } }, /must not be shorter/],
    ['the demo for everyone', { host: '0.0.0.0' }, /must not be reachable/],
    ['keys in the store without a master key', { keys: 'store' }, /SIGNET_MASTER_KEY/],
    ['weak hashing', { passwords: { memory: 1024 } }, /passwords\.memory/],
    ['a proxy that is no address', { trustedProxies: ['10.0.0.0/40'] }, /not an address/],
    [
      'a scope of two APIs',
      { apis: [api('https://a.example'), api('https://b.example')] },
      /belongs to two APIs/,
    ],
    [
      'an API twice',
      { apis: [api('https://a.example', 'x'), api('https://a.example', 'y')] },
      /declared twice/,
    ],
    [
      'a standard scope for an API',
      { apis: [api('https://a.example', 'openid')] },
      /scope of OpenID Connect/,
    ],
    ['a client twice', { demo: false, clients: [{ client_id: 'a' }, { client_id: 'a' }] }, /declared twice/],
  ];
  for (const [what, input, expected] of refused) {
    it(`R12 refuses ${what}`, () => {
      assert.match(problemsOf(() => parseConfig(input)).join('\n'), expected);
    });
  }

  function api(audience: string, scope = 'read') {
    return { audience, name: 'API', scopes: { [scope]: 'Read' } };
  }

  describe('from a file and the environment', () => {
    let directory: string;
    before(() => {
      directory = mkdtempSync(join(tmpdir(), 'signet-config-'));
    });
    after(() => rmSync(directory, { recursive: true }));

    const file = (content: string): string => {
      const path = join(directory, 'signet.yaml');
      writeFileSync(path, content);
      return path;
    };

    it('lets variables override the file, key by key', () => {
      const path = file('log:\n  level: warn\n  format: json\nlifetimes:\n  accessToken: 10m\n');
      const config = loadConfig({
        env: { SIGNET_LOG_LEVEL: 'debug', SIGNET_PORT: '4000', SIGNET_TRUSTED_PROXIES: '10.0.0.1, ::1' },
        path,
      });
      assert.deepEqual(config.log, { level: 'debug', format: 'json' });
      assert.equal(config.lifetimes.accessToken, 600);
      assert.equal(config.port, 4000);
      assert.deepEqual(config.trustedProxies, ['10.0.0.1', '::1']);
    });

    it('reads a secret from the file that a *_FILE variable names', () => {
      writeFileSync(join(directory, 'store'), 'sqlite:./elsewhere.db\n');
      const config = loadConfig({ env: { SIGNET_STORE_FILE: join(directory, 'store') } });
      assert.equal(config.store, 'sqlite:./elsewhere.db');
      const both = { SIGNET_STORE_FILE: join(directory, 'store'), SIGNET_STORE: 'sqlite:x' };
      assert.match(problemsOf(() => loadConfig({ env: both })).join(), /set one of them/);
    });

    it('refuses unknown variables and values of the wrong type, by name', () => {
      const problems = problemsOf(() =>
        loadConfig({ env: { SIGNET_ISUER: 'x', SIGNET_PORT: 'many', SIGNET_DEMO: 'yes' } }),
      );
      assert.deepEqual(problems, [
        'SIGNET_DEMO: expected a boolean, got "yes"',
        'SIGNET_ISUER: unknown variable; did you mean SIGNET_ISSUER?',
        'SIGNET_PORT: expected a number, got "many"',
      ]);
    });

    it('says which file and line cannot be read', () => {
      assert.match(
        problemsOf(() => loadConfig({ env: {}, path: file('a: [1\nb: 2') })).join(),
        /signet\.yaml: .*line/,
      );
      assert.match(
        problemsOf(() => loadConfig({ env: {}, path: join(directory, 'missing.yaml') })).join(),
        /missing\.yaml \(ENOENT\)/,
      );
      assert.match(
        problemsOf(() => loadConfig({ env: {}, path: file('- a list') })).join(),
        /expected a mapping/,
      );
      assert.match(
        problemsOf(() => loadConfig({ env: {}, path: file('port: 1\nport: 2\n') })).join(),
        /duplicated mapping key at line 2/,
      );
    });
  });
});
