import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import { loadCheckedConfig } from '../../src/app/preflight.ts';
import { LONG } from '../support/long-form.ts';
import { operate } from '../support/noun-access.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestServer } from '../support/server.ts';
import { placeSigningKeys } from '../support/signing-key.ts';
import { Workplace } from './run-signet.ts';

/** In values that no message may contain. */
const SECRET = 'hunter2hunter2';
const PRODUCTION = 'issuer: https://login.example.com\n';

/** An invalid line of a configuration, and its message. */
const MISTAKES: readonly [line: string, sentence: string | RegExp][] = [
  [`store: postgres://u:${SECRET}@db/signet`, /^this version has no postgres store: /],
  [`store: redis://u:${SECRET}@host:99999`, /^the Redis store address has an invalid host or port: /],
  [`store: redis://host?pasword=${SECRET}`, /^the Redis store address has an unknown option: /],
  ['store: redis://host?wait=many', /^the Redis store address has a wait that is not a number of replicas: /],
  ['store: redis+sentinel://host', /^the Redis store address names no master: /],
  ['store: "sqlite:"', /^the store sqlite: names no file: /],
  [
    'store: sqlite:text.txt/signet.db',
    /^the database text\.txt\/signet\.db cannot be created, read and written \(E\w+\): /,
  ],
  ['store: sqlite:.', /^\. is not a file: /],
  ['brand: {logo: nowhere.svg}', 'brand.logo: the file nowhere.svg cannot be read (ENOENT)'],
  ['brand: {logo: text.txt}', 'brand.logo: the file text.txt is not named .svg, .png or .webp'],
  [`keys: store\nmasterKey: ${SECRET}`, /^the master key must be 32 bytes in base64: /],
  ['keys: store', /^masterKey: keys in the store need one; /],
  ['keys: text.txt', 'cannot read the key directory text.txt (ENOTDIR)'],
  ['keys: damaged', /^damaged\/0001-RS256\.json is not a private signing key; /],
  ['keys: readable', /^readable\/0001-RS256\.json can be read by others; run: chmod 600 /],
  [
    'port: 9000',
    'management.port: is the port of the server, 9000; set SIGNET_MANAGEMENT_PORT to another port',
  ],
  [
    'lifetimes: {idToken: 5 minuts}',
    /^lifetimes\.idToken: expected seconds \(300\) or a number with a unit: /,
  ],
  [
    'apis: [{audience: orders, name: Orders, scopes: {}}]',
    'apis.0.audience: expected a URL, for instance https://orders.example.com',
  ],
  [
    'apis: [{audience: https://login.example.com/userinfo, name: Profiles, scopes: {read: Read}}]',
    'apis: https://login.example.com/userinfo is the userinfo endpoint, an audience of tokens for other APIs; choose another',
  ],
  [
    'clients: [{client_id: job, client_secret: 12345678901234567890}]',
    'clients.0.client_secret: expected text; put the value in quotes, or YAML reads it as something else',
  ],
  [
    `clients: [{client_id: job, client_secret: ${SECRET}, redirect_uris: [https://a.example/cb]}]`,
    /^clients\.job\.client_secret: /,
  ],
  [
    'clients: [{client_id: job, redirect_urls: []}]',
    /^clients\.job\.redirect_urls: unknown client metadata; /,
  ],
  [`masterKey: *${SECRET}`, /an undefined alias; put text that begins with \* in quotes at line 2/],
  [`masterKey: !${SECRET}`, /an unknown tag; put text that begins with ! in quotes at line 2/],
  [`masterKey: "${SECRET}`, /signet\.yaml: .* at line/],
  [`masterKey: ${SECRET}: ${SECRET}`, /signet\.yaml: bad indentation of a mapping entry at line 2/],
];

describe('signet config check', function () {
  this.timeout(120_000);
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = new Workplace({ store: false, ownProcess: false });
    writeFileSync(place('text.txt'), 'x'.repeat(200));
    for (const directory of ['damaged', 'readable']) await placeSigningKeys(place(directory));
    writeFileSync(place('damaged/0001-RS256.json'), '{}');
    chmodSync(place('readable/0001-RS256.json'), 0o644);
  });
  afterEach(() => workplace.remove());

  it('reports every mistake that stops a start, without secrets', async () => {
    const before = process.cwd();
    process.chdir(workplace.directory);
    try {
      for (const [line, expected] of MISTAKES) {
        write(`${PRODUCTION}${line}\n`);
        const problems = await problemsOf(loadCheckedConfig({ env: {} }));
        const said = problems.some((problem) =>
          typeof expected === 'string' ? problem === expected : expected.test(problem),
        );
        assert.ok(said, `${line}: ${problems.join('\n')}`);
        assert.ok(!problems.join().includes(SECRET), line);
      }
    } finally {
      process.chdir(before);
    }
  });

  it('has the output of serve, and neither writes a file', async () => {
    // Two processes each.
    const rows = MISTAKES.filter((_row, index) => LONG || index % 8 === 0);
    for (const [line] of rows) {
      write(`${PRODUCTION}${line}\n`);
      const files = everything();
      const [checked, served] = await Promise.all([
        workplace.run(['config', 'check']),
        workplace.run(['serve']),
      ]);
      assert.deepEqual(checked, served, line);
      assert.deepEqual([checked.code, checked.stdout], [1, ''], line);
      assert.deepEqual(everything(), files, line);
    }
  });

  it('reports all problems at once, without those that follow from another', async () => {
    write(
      [
        'issuer: https://login.example.com/',
        'isuer: x',
        'store: postgres://db/signet',
        'keys: store',
        'masterKey: 12345678',
        'lifetimes: {accessToken: 5x, refreshToken: 1y, refreshTokenFamily: 1d}',
        'brand: {logo: nowhere.svg}',
        'port: 9000',
        'apis: [{audience: orders, name: Orders, scopes: {orders: Read}}]',
        'clients:',
        '  - {client_id: job, client_secret: 12345678901234567890}',
        '  - {client_id: shop, redirect_urls: [], scope: openid orders, token_endpoint_auth_method: none}',
      ].join('\n'),
    );
    const { stderr } = await workplace.run(['config', 'check'], {
      env: { SIGNET_STORE_FILE: 'nowhere', SIGNET_PROT: '1' },
    });
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      'error:',
      '  SIGNET_PROT: unknown variable; did you mean SIGNET_PORT?',
      '  SIGNET_STORE_FILE: cannot read the file nowhere',
      '  isuer: unknown key; did you mean issuer?',
      '  masterKey: expected text; put the value in quotes, or YAML reads it as something else',
      '  lifetimes.accessToken: expected seconds (300) or a number with a unit: 90s, 5m, 12h, 30d, 5 minutes',
      '  lifetimes.refreshToken: expected seconds (300) or a number with a unit: 90s, 5m, 12h, 30d, 5 minutes',
      '  apis.0.audience: expected a URL, for instance https://orders.example.com',
      '  clients.0.client_secret: expected text; put the value in quotes, or YAML reads it as something else',
      '  issuer: write it in its normal form, https://login.example.com',
      '  management.port: is the port of the server, 9000; set SIGNET_MANAGEMENT_PORT to another port',
      '  clients.shop.redirect_urls: unknown client metadata; did you mean redirect_uris?',
      '  clients.shop.redirect_uris: at least one is needed with the authorization_code grant',
      '  brand.logo: the file nowhere.svg cannot be read (ENOENT)',
      '  this version has no postgres store: write sqlite:PATH, for instance sqlite:./data/signet.db, or redis://HOST:PORT',
    ]);
  });

  it('reads merge keys, and words in lengths of time', async () => {
    write(
      [
        'lifetimes: {idToken: 5 minutes, session: 1 day}',
        'clients:',
        '  - &web {client_id: one, redirect_uris: [http://localhost/one], token_endpoint_auth_method: none}',
        '  - {<<: *web, client_id: two}',
      ].join('\n'),
    );
    const { code, stdout, stderr } = await workplace.run(['config', 'print', '--json']);
    assert.deepEqual([code, stderr], [0, '']);
    const { clients, lifetimes } = JSON.parse(stdout) as {
      clients: unknown[];
      lifetimes: { idToken: number; session: number };
    };
    const web = { redirect_uris: ['http://localhost/one'], token_endpoint_auth_method: 'none' };
    assert.deepEqual(clients, [
      { client_id: 'one', ...web },
      { client_id: 'two', ...web },
    ]);
    assert.deepEqual([lifetimes.idToken, lifetimes.session], [300, 86_400]);
  });

  describe('checks the store', () => {
    let redis: RedisServer;
    before(async function () {
      await needRedis(this);
      redis = await startRedis({ appendonly: 'no' });
    });
    after(() => redis?.stop());

    it('for an answer and its settings, like serve, and writes nothing', async () => {
      const env = { SIGNET_MANAGEMENT_PORT: '0' };
      for (const store of ['redis://127.0.0.1:1', `redis://127.0.0.1:${redis.port}`]) {
        write(`${PRODUCTION}store: ${store}\n`);
        const [checked, offline] = await Promise.all([
          checkedAsServed(env),
          workplace.run(['config', 'check', '--offline'], { env }),
        ]);
        assert.match(checked, /^error: the (store|Redis)[^\n]*\n$/);
        assert.equal(offline.code, 0);
      }
      write(`${PRODUCTION}store: redis://127.0.0.1:${redis.port}?allow-no-aof=yes\n`);
      assert.equal((await workplace.run(['config', 'check'], { env })).code, 0);
      assert.equal(await redis.command('dbsize'), '0');
    });

    it('for signing keys that the master key opens', async () => {
      const master = randomBytes(32).toString('base64');
      for (const store of [`redis://127.0.0.1:${redis.port}`, `sqlite:${place('data/signet.db')}`]) {
        const env = {
          SIGNET_PORT: '0',
          SIGNET_STORE: store,
          SIGNET_KEYS: 'store',
          SIGNET_MASTER_KEY: master,
        };
        const server = await startTestServer({ store, keys: 'store', masterKey: master });
        await server.stop();
        rmSync(place('signet.yaml'), { force: true });
        assert.equal((await workplace.run(['config', 'check'], { env })).code, 0);
        const other = { ...env, SIGNET_MASTER_KEY: randomBytes(32).toString('base64') };
        assert.match(
          await checkedAsServed({ ...other, SIGNET_MANAGEMENT_PORT: '0' }),
          /^error: the signing key \S+ in the store cannot be used: the master key /,
        );
      }
    });

    it('for a declared client that was added on the command line', async () => {
      for (const store of [
        `redis://127.0.0.1:${redis.port}?allow-no-aof=yes`,
        `sqlite:${place('data/signet.db')}`,
      ]) {
        const env = { SIGNET_PORT: '0', SIGNET_STORE: store };
        await redis.command('flushall');
        const operator = await operate({ config: parseConfig({ store }) });
        await operator.clients.add({
          client_id: 'job',
          grant_types: ['client_credentials'],
          scope: 'messages:read',
        });
        await operator.close();
        write(
          'clients: [{client_id: job, redirect_uris: [http://localhost/cb], token_endpoint_auth_method: none}]',
        );
        const checked = await checkedAsServed({ ...env, SIGNET_MANAGEMENT_PORT: '0' });
        rmSync(place('signet.yaml'));
        assert.match(checked, /^error: clients\.job: was added on the command line; [^\n]*\n$/);
      }
    });

    it('in a file for its version, and leaves no other files', async () => {
      mkdirSync(place('data'));
      for (const [name, content] of [['notes.db', 'x'.repeat(5000)]] as const) {
        writeFileSync(place(`data/${name}`), content);
        const env = { SIGNET_STORE: `sqlite:data/${name}` };
        const checked = await workplace.run(['config', 'check'], { env });
        assert.deepEqual(checked, await workplace.run(['serve'], { env }));
        assert.match(checked.stderr, /^error: data\/notes\.db is not an SQLite database/);
        assert.deepEqual(readdirSync(place('data')), [name]);
      }
    });
  });

  /** The problems that `config check` reports; `serve` must report the same. Neither writes, so they run concurrently. */
  async function checkedAsServed(env: Record<string, string>): Promise<string> {
    const [checked, served] = await Promise.all([
      workplace.run(['config', 'check'], { env }),
      workplace.run(['serve'], { env }),
    ]);
    assert.deepEqual([checked.code, checked.stderr], [1, served.stderr]);
    return checked.stderr;
  }

  /** Names in the directory. */
  function everything(): Set<unknown> {
    return new Set<unknown>(readdirSync(workplace.directory, { recursive: true, encoding: 'utf8' }));
  }

  function place(name: string): string {
    return join(workplace.directory, name);
  }

  function write(text: string): void {
    writeFileSync(place('signet.yaml'), text);
  }
});

async function problemsOf(loading: Promise<unknown>): Promise<readonly string[]> {
  try {
    await loading;
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}
