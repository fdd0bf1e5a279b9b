import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadCheckedConfig } from '../../src/app/preflight.ts';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';

const ISSUER = 'issuer: https://login.example.com\n';
const SECRET = 'a-secret-that-was-written-by-hand';

describe('A configuration of several files', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'signet-include-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const file = (name: string) => join(directory, name);
  const write = (files: Record<string, string>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(file(name)), { recursive: true });
      writeFileSync(file(name), text);
    }
  };
  const load = (env: Record<string, string> = {}): Config => loadConfig({ env, path: file('signet.yaml') });
  const problems = (env: Record<string, string> = {}): string[] => {
    try {
      load(env);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return error.problems.map((problem) => problem.replaceAll(`${directory}/`, ''));
    }
    return [];
  };
  const checked = async (): Promise<string[]> => {
    try {
      await loadCheckedConfig({ env: {}, path: file('signet.yaml') });
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return error.problems.map((problem) => problem.replaceAll(`${directory}/`, ''));
    }
    return [];
  };

  it('has the APIs and clients of all of them, in their order, and each other key of one', () => {
    write({
      'signet.yaml': `${ISSUER}include: [clients/*.yaml, more.yaml]\nclients: [{ client_id: main }]\n`,
      'clients/b.yaml': 'clients: [{ client_id: b }]\n',
      'clients/a.yaml': 'include: [../apis.yaml]\nclients: [{ client_id: a1 }, { client_id: a2 }]\n',
      'clients/.hidden.yaml': 'clients: [{ client_id: hidden }]\n',
      'apis.yaml': 'apis: [{ audience: "https://api.example", name: API, scopes: { read: Read } }]\n',
      'more.yaml': 'log: { level: warn }\n',
    });
    const { clients, apis, log, issuer } = load();
    assert.deepEqual(
      [clients.map(({ client_id: id }) => id), apis.map(({ audience }) => audience), log.level, issuer],
      [['main', 'a1', 'a2', 'b'], ['https://api.example'], 'warn', 'https://login.example.com'],
    );
  });

  it('may have an empty file, and a pattern without a file', () => {
    write({ 'signet.yaml': `${ISSUER}include: ['empty.yaml', 'clients/*.yaml']\n`, 'empty.yaml': '' });
    assert.deepEqual(load().clients, []);
  });

  it('is refused with a key in two files', () => {
    write({
      'signet.yaml': `${ISSUER}include: [a.yaml, b.yaml]\n`,
      'a.yaml': 'log: { level: warn }\n',
      'b.yaml': 'log: { format: json }\nissuer: https://other.example.com\n',
    });
    assert.deepEqual(problems(), [
      'log: is in a.yaml and in b.yaml; only apis and clients may be in several files',
      'issuer: is in signet.yaml and in b.yaml; only apis and clients may be in several files',
    ]);
  });

  it('is refused with the file that cannot be read', () => {
    write({
      'signet.yaml': `${ISSUER}include: [gone.yaml, 'broken.yaml', list.yaml]\n`,
      'broken.yaml': 'clients:\n  - { client_id: a\n  b: [\n',
      'list.yaml': '- a\n',
    });
    const [gone, broken, list, ...more] = problems();
    assert.equal(gone, 'include (signet.yaml): cannot read the configuration file gone.yaml (ENOENT)');
    assert.match(broken ?? '', /^broken\.yaml: .* at line 3, column \d+$/);
    assert.deepEqual([list, more], ['list.yaml: expected a mapping of keys at the top', []]);
  });

  it('is refused when include is no list of files', () => {
    for (const include of ['3', 'a.yaml', '[1]', '{ a: b }', "['']"]) {
      write({ 'signet.yaml': `${ISSUER}include: ${include}\n` });
      assert.deepEqual(problems(), ['include (signet.yaml): expected a list of files: [one, two]']);
    }
  });

  it('is refused when a file includes itself, over others too, or is included twice', () => {
    write({ 'signet.yaml': `${ISSUER}include: ['*.yaml']\n` });
    assert.deepEqual(problems(), ['include (signet.yaml): signet.yaml includes itself']);
    write({ 'signet.yaml': `${ISSUER}include: [a.yaml]\n`, 'a.yaml': 'include: [b/b.yaml]\n' });
    write({ 'b/b.yaml': 'include: [../link.yaml]\n' });
    symlinkSync('a.yaml', file('link.yaml'));
    assert.deepEqual(problems(), ['include (b/b.yaml): link.yaml includes itself, over b/b.yaml']);
    write({ 'signet.yaml': `${ISSUER}include: [a.yaml, link.yaml]\n`, 'a.yaml': 'clients: []\n' });
    assert.deepEqual(problems(), ['include (signet.yaml): link.yaml is included twice']);
  });

  it('names the file of a problem', async () => {
    write({
      'signet.yaml': [
        ISSUER,
        'include: [clients/shop.yaml, rest.yaml]\n',
        `clients: [{ client_id: main, client_secret: ${SECRET} }, { client_id: twice }]\n`,
      ].join(''),
      'clients/shop.yaml': [
        'clients:',
        `  - { client_id: shop, client_secret: ${SECRET}, redirect_uri: "https://shop.example/cb" }`,
        '  - { client_name: nameless }',
        '  - { client_id: twice }',
        '',
      ].join('\n'),
      'rest.yaml': 'lifetimes: { accessToken: 5x }\nlgo: 1\n',
    });
    const expected = [
      'lgo (rest.yaml): unknown key; did you mean log?',
      'lifetimes.accessToken (rest.yaml): expected seconds (300) or a number with a unit: 90s, 5m, 12h, 30d, 5 minutes',
      'clients.1.client_id (clients/shop.yaml): is missing',
      'clients: twice is declared twice (signet.yaml, clients/shop.yaml)',
    ];
    assert.deepEqual(problems().toSorted(), expected.toSorted());
    const shop = (await checked()).filter((problem) => problem.startsWith('clients.shop'));
    assert.deepEqual(shop, [
      'clients.shop.redirect_uri (clients/shop.yaml): unknown client metadata; did you mean redirect_uris?',
      'clients.shop.redirect_uris (clients/shop.yaml): at least one is needed with the authorization_code grant',
    ]);
  });

  it('names the variable and not the file where the variable overrides it', () => {
    write({ 'signet.yaml': 'include: [net.yaml]\n', 'net.yaml': 'issuer: https://login.example.com\n' });
    assert.deepEqual(problems({ SIGNET_ISSUER: 'https://login.example.com/' }), [
      'issuer (SIGNET_ISSUER): write it in its normal form, https://login.example.com',
    ]);
  });

  describe('and the secrets of clients', () => {
    const client = (members: string) =>
      `clients: [{ client_id: shop, redirect_uris: ["https://shop.example/cb"], ${members} }]\n`;
    const secretOf = async (env: Record<string, string> = {}) =>
      (await loadCheckedConfig({ env, path: file('signet.yaml') })).clients[0]?.client_secret;

    it('are in a file beside the one that names it, without the line break at its end', async () => {
      write({
        'signet.yaml': `${ISSUER}include: [clients/shop.yaml]\n`,
        'clients/shop.yaml': client('client_secret_file: shop.secret'),
        'clients/shop.secret': `${SECRET}\r\n`,
      });
      assert.equal(await secretOf(), SECRET);
      write({ 'clients/shop.yaml': client(`client_secret_file: ${file('clients/shop.secret')}`) });
      assert.equal(await secretOf(), SECRET);
    });

    it('are in a variable', async () => {
      write({ 'signet.yaml': ISSUER + client('client_secret_env: SHOP_SECRET') });
      assert.equal(await secretOf({ SHOP_SECRET: SECRET }), SECRET);
    });

    it('are not read by commands, which need none', () => {
      write({ 'signet.yaml': ISSUER + client('client_secret_env: SHOP_SECRET') });
      assert.deepEqual(load().clients[0]?.client_secret, undefined);
    });

    it('are not read for an entry that releases its client', async () => {
      write({ 'signet.yaml': ISSUER + client('release: true, client_secret_file: gone') });
      assert.equal(await secretOf(), undefined);
    });

    const wrong: [string, string, string][] = [
      ['client_secret_file: gone', '', 'client_secret_file: cannot read the file gone (ENOENT)'],
      ['client_secret_file: secret', '\n', 'client_secret_file: the file secret is empty'],
      [
        'client_secret_file: secret',
        'short',
        'client_secret: must have at least 32 characters in production',
      ],
      ['client_secret_env: SHOP_SECRET', '', 'client_secret_env: the variable SHOP_SECRET is not set'],
      [
        'client_secret_env: SIGNET_SHOP',
        '',
        'client_secret_env: a name that begins with SIGNET_ is for the settings of Signet; choose another',
      ],
      [
        `client_secret: ${SECRET}, client_secret_env: SHOP_SECRET`,
        '',
        'client_secret_env: client_secret is given too; keep one of them',
      ],
      [
        'client_secret_file: secret, client_secret_env: SHOP_SECRET',
        SECRET,
        'client_secret_env: client_secret_file is given too; keep one of them',
      ],
      [
        'client_secret_file: secret, token_endpoint_auth_method: none',
        SECRET,
        'client_secret: not used with token_endpoint_auth_method none; remove it',
      ],
    ];
    for (const [members, content, sentence] of wrong) {
      it(`are refused with ${members} and ${JSON.stringify(content)}`, async () => {
        write({ 'signet.yaml': ISSUER + client(members), secret: content });
        assert.deepEqual(await checked(), [`clients.shop.${sentence}`]);
      });
    }
  });
});
