import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createClients } from '../../src/clients/clients.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { loadCheckedConfig } from '../../src/app/preflight.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import { Workplace } from './run-signet.ts';

/** The tests share one directory and run in order. */
describe('signet client update, declare and release', function () {
  this.timeout(30_000);
  let workplace: Workplace;
  let secret: string;

  before(async () => {
    workplace = new Workplace({ ownProcess: false });
    const added = await workplace.json(
      'client',
      'add',
      '--id',
      'shop',
      '--name',
      'Shop',
      '--redirect-uri',
      'https://shop.example/cb',
    );
    const grants = '--grant authorization_code --grant client_credentials --scope'.split(' ');
    const both = ['client', 'add', '--id', 'editor-job', '--redirect-uri', 'https://shop.example/cb'];
    await workplace.run([...both, ...grants, 'openid messages:read']);
    ({ client_secret: secret } = added as { client_secret: string });
  });
  after(() => workplace.remove());

  const path = (name: string) => join(workplace.directory, name);
  const shown = async () => (await workplace.json('client', 'show', 'shop')) as Record<string, unknown>;

  /** What a start of a server does with the declared clients. */
  const start = async () => {
    const config = await loadCheckedConfig({ env: {}, path: path('signet.yaml') });
    const store = await openStore(`sqlite:${path('data/signet.db')}`, { clock: Date.now });
    const audit = { record: () => {} };
    const sealer = createSealer(config);
    const clients = createClients({ store, ...metadataContext(config), audit, clock: Date.now, sealer });
    const result = await clients.reconcile(config.clients);
    await store.close();
    return result;
  };

  it('changes what the options name, and prints what the application needs', async () => {
    const before = await shown();
    const uris = '--redirect-uri https://shop.example/cb --redirect-uri https://shop.example/new'.split(' ');
    const command = ['client', 'update', 'shop', '--name', 'The Shop', '--first-party'];
    const { code, stdout, stderr } = await workplace.run([...command, ...uris]);
    assert.deepEqual(
      [code, stderr, stdout.split('\n')],
      [
        0,
        '',
        [
          'updated shop: client_name, first_party, redirect_uris',
          'issuer          http://localhost:3000',
          'discovery       http://localhost:3000/.well-known/openid-configuration',
          'client_id       shop',
          'redirect_uri 1  https://shop.example/cb',
          'redirect_uri 2  https://shop.example/new',
          '',
        ],
      ],
    );
    const { updated_at: _time, ...after } = await shown();
    const { updated_at: _before, ...rest } = before;
    assert.deepEqual(after, {
      ...rest,
      client_name: 'The Shop',
      redirect_uris: ['https://shop.example/cb', 'https://shop.example/new'],
      first_party: true,
    });
  });

  it('changes any member by a file, and removes those that are null or unset', async () => {
    const change = { contacts: ['it@shop.example'], first_party: null };
    const { stdout } = await workplace.run(
      ['client', 'update', 'shop', '--metadata', '-', '--unset', 'client_name', '--json'],
      { input: JSON.stringify(change) },
    );
    const updated = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      [updated.changed, updated.contacts, updated.client_name, updated.first_party, updated.client_secret],
      [['client_name', 'contacts', 'first_party'], ['it@shop.example'], undefined, undefined, undefined],
    );
  });

  it('adds refresh tokens to the grant types that it has', async () => {
    const updated = (await workplace.json('client', 'update', 'editor-job', '--refresh-tokens')) as Record<
      string,
      unknown
    >;
    assert.deepEqual(
      [updated.grant_types, updated.scope],
      [['authorization_code', 'client_credentials', 'refresh_token'], 'openid messages:read'],
    );
  });

  it('is recorded with the operator', async () => {
    const events = (await workplace.json('audit', 'list', '--type', 'client.changed')) as Record<
      string,
      unknown
    >[];
    const actor = { kind: 'operator', id: process.env.SUDO_USER ?? userInfo().username, via: 'command' };
    assert.deepEqual(events.map((event) => [event.actor, event.clientId, event.detail]).toReversed(), [
      [actor, 'shop', { members: ['client_name', 'first_party', 'redirect_uris'] }],
      [actor, 'shop', { members: ['client_name', 'contacts', 'first_party'] }],
      [actor, 'editor-job', { members: ['grant_types'] }],
    ]);
  });

  it('warns about a scheme without a dot, and about refresh tokens without a secret', async () => {
    const native = ['--public', '--native', '--redirect-uri', 'cursor://x/cb'];
    await workplace.run(['client', 'add', '--id', 'editor', '--redirect-uri', 'https://x.example/cb']);
    const { stderr } = await workplace.run(['client', 'update', 'editor', ...native]);
    assert.match(stderr, /^warning: redirect_uris: "cursor:\/\/x\/cb" has a scheme without a dot[^\n]+\n/);
    assert.match(stderr, /\nwarning: token_endpoint_auth_method: its refresh tokens can be used without/);
  });

  it('says when nothing changes, and what is missing or contradictory', async () => {
    const { stdout } = await workplace.run(['client', 'update', 'shop', '--unset', 'client_name']);
    assert.equal(stdout, 'nothing was changed: shop has these values already\n');
    const wrong: [string[], number, RegExp][] = [
      [[], 2, /^error: name what to change: an option for a member, --metadata or --unset\n/],
      [['--name', 'x', '--unset', 'client_name'], 2, /^error: client_name cannot be both set and --unset\n/],
      [['--unset', 'client-name'], 1, /client-name: unknown client metadata; did you mean client_name\?\n$/],
      [['--id', 'other'], 2, /unknown option '--id'/],
    ];
    for (const [args, code, message] of wrong) {
      await workplace.refuses(['client', 'update', 'shop', ...args], code, message);
    }
  });

  it('declares a client by the printed entry, with its secret', async () => {
    const { stdout } = await workplace.run(['client', 'declare', 'shop']);
    assert.match(stdout, /^clients:\n {2}- client_id: shop\n {4}adopt: true\n/);
    assert.ok(!stdout.includes('sha256'));
    const before = await shown();
    writeFileSync(path('signet.yaml'), 'include: [clients.yaml]\n');
    writeFileSync(path('clients.yaml'), stdout);
    const checked = await workplace.run(['config', 'check']);
    assert.deepEqual([checked.code, checked.stderr], [0, '']);
    assert.deepEqual((await start()).adopted, ['shop']);
    const { source, updated_at: _after, ...after } = await shown();
    const { source: _source, updated_at: _before, ...rest } = before;
    assert.equal(source, 'declared');
    assert.deepEqual({ id_token_claims: false, ...after }, { id_token_claims: false, ...rest });
    await workplace.refuses(
      ['client', 'update', 'shop', '--name', 'x'],
      1,
      /^(?:store: [^\n]+\n)?error: shop is declared in clients\.yaml; change it there\n$/,
    );
    await workplace.refuses(['client', 'declare', 'shop'], 1, /error: shop is declared already\n$/);
  });

  it('releases it when its entry has left the file', async () => {
    await workplace.refuses(
      ['client', 'release', 'shop'],
      1,
      /error: shop is declared in clients\.yaml; write `release: true` in its entry there, restart Signet, and remove the entry then\n$/,
    );
    writeFileSync(path('clients.yaml'), '');
    const { stdout } = await workplace.run(['client', 'release', 'shop']);
    assert.equal(stdout, 'released shop: it is no longer declared\n');
    assert.deepEqual((await start()).removed, []);
    assert.equal((await shown()).source, 'added');
  });

  it('config check reports an entry that cannot adopt, with its file', async () => {
    writeFileSync(
      path('clients.yaml'),
      [
        'clients:',
        '  - { client_id: gone, adopt: true, redirect_uris: ["https://shop.example/cb"] }',
        '  - { client_id: shop, token_endpoint_auth_method: none, redirect_uris: ["https://shop.example/cb"] }',
      ].join('\n'),
    );
    const { code, stderr } = await workplace.run(['config', 'check']);
    assert.deepEqual(
      [code, stderr.split('\n')],
      [
        1,
        [
          'error:',
          '  clients.gone.client_secret (clients.yaml): missing, and the store has no client gone with a secret to adopt; write one, or run `signet client add` first',
          '  clients.shop (clients.yaml): was added on the command line; write `adopt: true` in its entry to declare it with its secrets and consents, run `signet client remove shop`, or rename this one',
          '',
        ],
      ],
    );
  });

  it('a sector_identifier_uri that cannot be fetched: client update refuses it, config check warns', async () => {
    const uri = 'https://127.0.0.1/uris.json';
    const sector = ['--subject-type', 'pairwise', '--sector-identifier-uri', uri];
    const updated = await workplace.run(['client', 'update', 'editor-job', ...sector]);
    const problem = 'sector_identifier_uri: cannot be fetched: the document could not be fetched';
    assert.equal(updated.code, 1);
    assert.match(
      updated.stderr,
      /warning: https:\/\/127\.0\.0\.1\/uris\.json: address, 127\.0\.0\.1 has the address 127\.0\.0\.1/,
    );
    assert.ok(updated.stderr.includes(problem));
    const entry =
      'client_secret: a-secret-of-more-than-32-characters, redirect_uris: ["https://p.example/cb"]';
    writeFileSync(
      path('clients.yaml'),
      `clients: [{client_id: p, ${entry}, sector_identifier_uri: "${uri}"}]`,
    );
    const checked = await workplace.run(['config', 'check']);
    assert.equal(checked.code, 0, checked.stderr);
    assert.ok(checked.stderr.includes(`warning: clients.p.${problem}\n`), checked.stderr);
    const { stderr } = await workplace.run(['config', 'check', '--offline']);
    assert.ok(!stderr.includes('sector_identifier_uri'));
    writeFileSync(path('clients.yaml'), '');
  });

  it('config check and config print keep a secret in a file to themselves', async () => {
    const entry = '{ client_id: job, client_secret_file: job.secret, grant_types: [] }';
    writeFileSync(path('clients.yaml'), `clients: [${entry}]\n`);
    writeFileSync(path('job.secret'), `${secret}\n`, { mode: 0o600 });
    const quiet = await workplace.run(['config', 'check']);
    assert.deepEqual([quiet.code, quiet.stderr], [0, '']);
    chmodSync(path('job.secret'), 0o644);
    const { stderr } = await workplace.run(['config', 'check']);
    assert.equal(
      stderr,
      'warning: clients.job.client_secret_file: every user of this machine can read job.secret; chmod 0640 it\n',
    );
    const { stdout } = await workplace.run(['config', 'print']);
    assert.match(stdout, /client_secret_file: job\.secret/);
    assert.ok(!stdout.includes(secret));
  });
});
