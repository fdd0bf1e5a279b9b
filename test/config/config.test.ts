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
  it('is complete without a file in development', () => {
    const config = loadConfig({ env: { SIGNET_CONFIG: undefined }, path: undefined });
    assert.equal(config.mode, 'development');
    assert.equal(config.issuer, 'http://localhost:3000');
    assert.equal(config.port, 3000);
    assert.equal(config.demo, true);
  });

  it('is in production mode without the demo, unless the host of the issuer is local', () => {
    const config = parseConfig({ issuer: 'https://login.example.com' });
    assert.equal(config.mode, 'production');
    assert.equal(config.demo, false);
    assert.deepEqual(config.clients, []);
    assert.equal(parseConfig({ issuer: 'http://127.0.0.1:4000' }).port, 4000);
  });

  it('derives the issuer from the port when none is set', () => {
    const both = ({ issuer, port }: { issuer: string; port: number }) => [issuer, port];
    assert.deepEqual(both(parseConfig({ port: 3700 })), ['http://localhost:3700', 3700]);
    assert.deepEqual(both(parseConfig({ port: 0 })), ['http://localhost:3000', 0]);
    const issuer = 'http://localhost:8080';
    assert.deepEqual(both(parseConfig({ port: 3700, issuer })), [issuer, 3700]);
  });

  it('R12 reports every problem at once, with the nearest known key', () => {
    const problems = problemsOf(() =>
      parseConfig({ isuer: 'x', log: { levle: 'info' }, port: 'a', lifetimes: { accessToken: '5x' } }),
    );
    assert.equal(problems.length, 4);
    assert.ok(problems.includes('isuer: unknown key; did you mean issuer?'));
    assert.ok(problems.includes('log.levle: unknown key; did you mean level?'));
  });

  it('reports a problem whose sentence contains the name of an invalid key as a word', () => {
    const wrong = { issuer: 'https://login.example.com/', port: 70000, host: 1, keys: 'store', store: 1 };
    assert.deepEqual(problemsOf(() => parseConfig(wrong)).toSorted(), [
      'host: expected text; put the value in quotes, or YAML reads it as something else',
      'issuer: write it in its normal form, https://login.example.com',
      'masterKey: keys in the store need one; set SIGNET_MASTER_KEY (generate one with openssl rand -base64 32)',
      'port: must be at most 65535',
      'store: expected text; put the value in quotes, or YAML reads it as something else',
    ]);
    // Whether the host is allowed depends on the invalid key, so it is not reported.
    assert.deepEqual(
      problemsOf(() => parseConfig({ host: '0.0.0.0', demo: 'no' })),
      ['demo: expected true or false'],
    );
  });

  it('rejects the names of properties of Object.prototype as keys, at any depth', () => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-config-'));
    const path = join(directory, 'signet.yaml');
    const yaml = [
      '__proto__: { issuer: "https://login.example.com" }',
      'constructor: 1',
      'log: &log { level: info, __proto__: { format: json } }',
      'apis:',
      '  - { audience: "https://orders.example", name: Orders, scopes: { __proto__: a, toString: b, ok: c } }',
      'isuer: x',
    ];
    try {
      writeFileSync(path, yaml.join('\n'));
      assert.deepEqual(
        problemsOf(() => loadConfig({ env: {}, path })),
        [
          '__proto__: is a reserved name; choose another',
          'constructor: is a reserved name; choose another',
          'log.__proto__: is a reserved name; choose another',
          'apis.0.scopes.__proto__: is a reserved name; choose another',
          'apis.0.scopes.toString: is a reserved name; choose another',
          'isuer: unknown key; did you mean issuer?',
        ],
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  const refused: [string, Record<string, unknown>, RegExp][] = [
    ['http outside localhost', { issuer: 'http://login.example.com' }, /must be https/],
    [
      'a slash after the host',
      { issuer: 'https://login.example.com/' },
      /normal form, https:\/\/login\.example\.com$/,
    ],
    [
      'upper case in the issuer',
      { issuer: 'https://Login.example.com' },
      /normal form, https:\/\/login\.example\.com/,
    ],
    ['an explicit default port', { issuer: 'https://login.example.com:443' }, /normal form/],
    ['the demo in production', { issuer: 'https://login.example.com', demo: true }, /refused in production/],
    ['an authorization code lifetime over a minute', { lifetimes: { authorizationCode: 61 } }, /at most 60/],
    [
      'a family lifetime shorter than that of its tokens',
      { lifetimes: { refreshTokenFamily: '1d' } },
      /must not be shorter/,
    ],
    ['the demo on a public address', { host: '0.0.0.0' }, /must not be reachable/],
    ['keys in the store without a master key', { keys: 'store' }, /SIGNET_MASTER_KEY/],
    ['weak hashing', { passwords: { memory: 1024 } }, /passwords\.memory/],
    ['a proxy that is not an address', { trustedProxies: ['10.0.0.0/40'] }, /not an address/],
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
      'an API twice, with and without the slash of an empty path',
      { apis: [api('https://a.example/', 'x'), api('https://a.example', 'y')] },
      /apis: https:\/\/a\.example and https:\/\/a\.example\/ are one resource \(RFC 3986 §6\.2\.3\); declare one of them/,
    ],
    [
      'a standard scope for an API',
      { apis: [api('https://a.example', 'openid')] },
      /scope of OpenID Connect/,
    ],
    [
      'default scopes of another API',
      { apis: [{ ...api('https://a.example'), defaultScopes: ['read', 'write'] }] },
      /^apis: write in defaultScopes of https:\/\/a\.example is not one of its scopes$/,
    ],
    [
      'an API that no client may have',
      { apis: [{ ...api('https://a.example'), scopes: {} }] },
      /^apis: https:\/\/a\.example has no scopes, .* list their ids in clients$/,
    ],
    [
      'an API with an algorithm that is not configured',
      { signingAlgorithms: ['ES256'], apis: [{ ...api('https://a.example'), signingAlgorithm: 'EdDSA' }] },
      /^apis: signingAlgorithm of https:\/\/a\.example is EdDSA, which is not one of signingAlgorithms: RS256, ES256$/,
    ],
    [
      'an API with a symmetric algorithm',
      { apis: [{ ...api('https://a.example'), signingAlgorithm: 'HS256' }] },
      /^apis\.0\.signingAlgorithm: expected RS256 or PS256 or ES256 or EdDSA$/,
    ],
    ...'sub act cnf scope client_id grant_id client_instance ends_with_session username'
      .split(' ')
      .map((name): (typeof refused)[number] => [
        `${name} in the access tokens of an API`,
        { apis: [{ ...api('https://a.example'), accessTokenClaims: ['email', name] }] },
        new RegExp(
          `^apis: ${name} in accessTokenClaims of https://a\\.example is set by the server; remove it$`,
        ),
      ]),
    [
      'a claim twice in the access tokens of an API',
      { apis: [{ ...api('https://a.example'), accessTokenClaims: ['email', 'email'] }] },
      /^apis: email is twice in accessTokenClaims of https:\/\/a\.example$/,
    ],
    [
      'another type of access tokens',
      { apis: [{ ...api('https://a.example'), accessTokenType: 'jwt' }] },
      /^apis\.0\.accessTokenType: expected at\+jwt or JWT$/,
    ],
    [
      'a scope without words',
      { apis: [{ ...api('https://a.example'), scopes: { read: { sensitive: true } } }] },
      /^apis\.0\.scopes\.read: must be words for the consent page, or description/,
    ],
    ['a client twice', { demo: false, clients: [{ client_id: 'a' }, { client_id: 'a' }] }, /declared twice/],
  ];
  for (const [what, input, expected] of refused) {
    it(`R12 rejects ${what}`, () => {
      assert.match(problemsOf(() => parseConfig(input)).join('\n'), expected);
    });
  }

  it('parses both notations of scopes to the same output', () => {
    const { apis } = parseConfig({
      demo: false,
      apis: [
        {
          ...api('https://a.example'),
          scopes: { a: 'A', b: { description: 'B' }, c: { description: 'C', sensitive: true } },
        },
        { ...api('https://b.example'), scopes: {}, clients: ['added-on-the-command-line'] },
      ],
    });
    assert.deepEqual(apis[0]?.scopes, {
      a: { description: 'A', sensitive: false },
      b: { description: 'B', sensitive: false },
      c: { description: 'C', sensitive: true },
    });
    // The output of `config print` is valid input.
    assert.deepEqual(parseConfig({ demo: false, apis }).apis, apis);
  });

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

    it('overrides single keys of the file by variables', () => {
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

    it('reads a secret from the file in a *_FILE variable', () => {
      writeFileSync(join(directory, 'store'), 'sqlite:./elsewhere.db\n');
      const config = loadConfig({ env: { SIGNET_STORE_FILE: join(directory, 'store') } });
      assert.equal(config.store, 'sqlite:./elsewhere.db');
      const both = { SIGNET_STORE_FILE: join(directory, 'store'), SIGNET_STORE: 'sqlite:x' };
      assert.match(problemsOf(() => loadConfig({ env: both })).join(), /set only one of them/);
    });

    it('name the variable next to the key when its value is invalid', () => {
      const env = {
        SIGNET_PORT: '70000',
        SIGNET_LOG_LEVEL: 'verbose',
        SIGNET_TRUSTED_PROXIES: '10.0.0.0/33',
        SIGNET_ISSUER: 'https://login.example.com/',
        SIGNET_MANAGEMENT_HOSTS: 'a,http://b/',
        SIGNET_SERVICE_HOST: '10.96.14.7',
      };
      assert.deepEqual(problemsOf(() => loadConfig({ env })).toSorted(), [
        'issuer (SIGNET_ISSUER): write it in its normal form, https://login.example.com',
        'log.level (SIGNET_LOG_LEVEL): expected fatal or error or warn or info or debug or trace or silent',
        'management.hosts (SIGNET_MANAGEMENT_HOSTS).1: expected a name without a port',
        'port (SIGNET_PORT): must be at most 65535',
        'trustedProxies (SIGNET_TRUSTED_PROXIES): "10.0.0.0/33" is not an address or a CIDR range',
      ]);
    });

    it('rejects unknown variables and values of the wrong type, by name', () => {
      const problems = problemsOf(() =>
        loadConfig({ env: { SIGNET_ISUER: 'x', SIGNET_PORT: 'many', SIGNET_DEMO: 'yes' } }),
      );
      assert.deepEqual(problems, [
        'SIGNET_DEMO: expected a boolean, got "yes"',
        'SIGNET_ISUER: unknown variable; did you mean SIGNET_ISSUER?',
        'SIGNET_PORT: expected a number, got "many"',
      ]);
    });

    it('reports the file and the line that cannot be read', () => {
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
