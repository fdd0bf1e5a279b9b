import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { Workplace } from './run-signet.ts';

/** The tests share one directory and run in order. */
describe('signet registration token', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  before(() => void (workplace = new Workplace({ ownProcess: false })));
  after(() => workplace.remove());

  it('adds a token that is printed once, and warns where registration is off', async () => {
    const args = ['registration', 'token', 'add', 'partner', '--host', 'app.example', '--uses', '2'];
    const { code, stdout, stderr } = await workplace.run([...args, '--scope', 'openid']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^name +partner\ntoken +[\w-]{43}\nSave the token now/);
    assert.equal(stderr, 'warning: registration: is off in the configuration\n');
    const refused = await workplace.run(['registration', 'token', 'add', 'x', '--scope', 'orders']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /scope: orders is neither of OpenID Connect nor of a declared API/);
  });

  it('refuses a host and a source that would match nothing', async () => {
    const host = await workplace.run(['registration', 'token', 'add', 'x', '--host', 'https://app.example']);
    assert.match(
      host.stderr,
      /^error: option '--host <host>' argument 'https:\/\/app\.example' is invalid\./,
    );
    const source = await workplace.run(['client', 'list', '--source', 'register']);
    assert.match(source.stderr, /Allowed choices are declared, added, registered\.$/m);
  });

  it('lists tokens without themselves, and removes them', async () => {
    const listed = (await workplace.json('registration', 'token', 'list')) as Record<string, unknown>[];
    const { created_at: at, ...rest } = listed[0] ?? {};
    assert.match(String(at), /^20/);
    assert.deepEqual(rest, { name: 'partner', scopes: ['openid'], hosts: ['app.example'], uses_left: 2 });
    const removed = await workplace.run(['registration', 'token', 'remove', 'partner']);
    assert.equal(removed.stdout, 'removed partner\n');
  });

  it('client list and show say when, from where and how a client registered itself', async () => {
    const store = await openStore(`sqlite:${join(workplace.directory, 'data/signet.db')}`, {
      clock: Date.now,
    });
    const registration = {
      tokenDigest: 'x',
      network: '192.0.2.0/24',
      initialToken: 'p',
      lastUsedAt: 1_700_000_000,
    };
    const metadata = { token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] };
    const times = { createdAt: 1_600_000_000, updatedAt: 1_600_000_000 };
    await store.clients.create({
      id: 'stranger',
      instance: 'i',
      metadata,
      secrets: [],
      source: 'registered',
      registration,
      ...times,
    });
    await store.close();
    const { stdout } = await workplace.run(['client', 'list', '--source', 'registered']);
    assert.match(
      stdout.split('\n')[1] ?? '',
      /^stranger +registered +none +authorization_code +2020-09-13T12:26:40Z +192\.0\.2\.0\/24 +2023-11-14T22:13:20Z$/,
    );
    const shown = (await workplace.json('client', 'show', 'stranger')) as Record<string, unknown>;
    assert.equal(shown.registered_from, '192.0.2.0/24');
    assert.equal(shown.initial_token, 'p');
    assert.equal(shown.last_used_at, '2023-11-14T22:13:20Z');
    assert.ok(!JSON.stringify(shown).includes('tokenDigest'));
  });
});
