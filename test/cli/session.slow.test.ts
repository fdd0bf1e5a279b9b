import assert from 'node:assert/strict';
import { join } from 'node:path';
import { consentKey } from '../../src/accounts/consents.ts';
import { openStore } from '../../src/store/open.ts';
import { sessionHandle, type Store } from '../../src/store/store.ts';
import { isGrantRevoked } from '../store/grant-probe.ts';
import { Workplace } from './run-signet.ts';

const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const NOW = Math.floor(Date.now() / 1000);
const BEGAN = NOW - 100;

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** The tests share one directory and run in order. */
describe('signet session and signet consent', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  let store: Store;
  let accountId: string;

  before(async () => {
    workplace = new Workplace({ ownProcess: false });
    await workplace.run(['user', 'add', 'alice', '--no-password']);
    await workplace.run([
      'client',
      'add',
      '--id',
      'shop',
      '--name',
      'The Shop',
      '--redirect-uri',
      'https://shop.example/cb',
    ]);
    const address = `sqlite:${join(workplace.directory, 'data/signet.db')}`;
    store = await openStore(address, { clock: Date.now });
    accountId = (await store.accounts.findByUsername('alice'))?.id ?? '';
    const session = { payload: {}, accountId };
    for (const [index, uid] of ['one', 'two', 'three'].entries()) {
      const facts = {
        beganAt: BEGAN,
        lastUsedAt: NOW,
        amr: ['pwd'],
        clients: ['shop'],
        network: '192.0.2.0/24',
        userAgent: USER_AGENT,
      };
      const grants = { shop: `grant of ${uid}` };
      await store.artifacts.upsert('Session', uid, {
        ...session,
        expiresAt: NOW + 1000 + index,
        uid,
        listed: { facts, grants },
      });
    }
    await store.artifacts.upsert('Session', 'old', { ...session, expiresAt: NOW + 500, uid: 'old' });
  });
  after(async () => {
    await store.close();
    workplace.remove();
  });

  it('lists sessions', async () => {
    const sessions = (await workplace.json('session', 'list', 'ALICE')) as object[];
    assert.equal(sessions.length, 4);
    assert.deepEqual(sessions[0], {
      session: sessionHandle('three'),
      beganAt: iso(BEGAN),
      lastUsedAt: iso(NOW),
      expiresAt: iso(NOW + 1002),
      network: '192.0.2.0/24',
      browser: 'Firefox on Linux',
      userAgent: USER_AGENT,
      amr: ['pwd'],
      clients: ['shop'],
    });
    assert.deepEqual(sessions[3], { session: sessionHandle('old'), expiresAt: iso(NOW + 500) });
    const { stdout } = await workplace.run(['session', 'list', accountId]);
    assert.match(stdout, /^SESSION +LAST USED +BEGAN +EXPIRES +NETWORK +BROWSER +AMR +CLIENTS\n/);
    assert.match(
      stdout,
      /^[\da-f]{16} {2}20\S+Z {2}20\S+Z {2}20\S+Z {2}192\.0\.2\.0\/24 {2}Firefox on Linux {2}pwd {2}shop$/m,
    );
  });

  it('lists page by page', async () => {
    const first = await workplace.run(['session', 'list', 'alice', '--limit', '3']);
    const [, after = ''] = /^there are more: continue with --after (\S+)\n$/.exec(first.stderr) ?? [];
    assert.notEqual(after, '');
    const second = await workplace.run(['session', 'list', 'alice', '--limit', '3', '--after', after]);
    assert.equal(second.stderr, '');
    assert.deepEqual([first.stdout.split('\n').length, second.stdout.split('\n').length], [5, 3]);
    assert.ok(second.stdout.includes(sessionHandle('old')));
  });

  it('ends one session', async () => {
    const handle = sessionHandle('one');
    const { code, stdout } = await workplace.run(['session', 'end', 'alice', handle]);
    assert.deepEqual(
      [code, stdout],
      [0, `ended session ${handle} of alice; its refresh tokens are revoked\n`],
    );
    assert.equal(await store.artifacts.find('Session', 'one'), undefined);
    assert.equal(await isGrantRevoked(store.artifacts, 'grant of one'), true);
    assert.equal(await isGrantRevoked(store.artifacts, 'grant of two'), false);
    const [event] = await store.audit.list({ type: 'session.revoked', limit: 1 });
    assert.deepEqual([event?.accountId, event?.target], [accountId, { kind: 'session', id: handle }]);
    assert.equal(event?.actor?.kind, 'operator');
    await workplace.refuses(
      ['session', 'end', 'alice', handle],
      1,
      /^error: alice has no session [\da-f]{16}: see `signet session list alice`\n$/m,
    );
  });

  it('refuses an unknown account, and to guess which session', async () => {
    await workplace.refuses(['session', 'list', 'bob'], 1, /there is no account bob/);
    await workplace.refuses(['session', 'end', 'alice'], 2, /error: name one session, or use --all/);
    await workplace.refuses(
      ['session', 'end', 'alice', sessionHandle('two'), '--all'],
      2,
      /name one session/,
    );
  });

  it('ends all sessions', async () => {
    const { code, stdout } = await workplace.run(['session', 'end', 'alice', '--all']);
    assert.deepEqual([code, stdout], [0, 'ended all sessions and tokens of alice\n']);
    assert.deepEqual(await workplace.json('session', 'list', 'alice'), []);
    const { generation } = (await store.accounts.find(accountId)) ?? {};
    assert.equal(generation, 1);
  });

  it('lists and withdraws consents', async () => {
    const { instance = '' } = (await store.clients.find('shop')) ?? {};
    const key = consentKey(accountId, instance);
    const scopes = { openid: ['openid', 'email'], resources: { 'https://api.example': ['read'] } };
    const facts = { ...scopes, clientId: 'shop', instance, givenAt: NOW, withdrawals: 0 };
    await store.artifacts.upsert('Consent', key, {
      payload: { ...scopes, withdrawals: 0 },
      expiresAt: NOW + 1000,
      accountId,
      listed: { facts },
    });
    assert.deepEqual(await workplace.json('consent', 'list', 'alice'), [
      {
        clientId: 'shop',
        clientName: 'The Shop',
        givenAt: iso(NOW),
        expiresAt: iso(NOW + 1000),
        scopes: scopes.openid,
        apis: scopes.resources,
      },
    ]);
    const { stdout } = await workplace.run(['consent', 'list', 'alice']);
    assert.match(
      stdout,
      /^CLIENT_ID +NAME +GIVEN +EXPIRES +SCOPES +APIS\nshop +The Shop {2}\S+Z {2}\S+Z {2}openid email +https:\/\/api\.example read\n$/,
    );
    const withdrawn = await workplace.run(['consent', 'withdraw', 'alice', 'shop']);
    assert.deepEqual(
      [withdrawn.code, withdrawn.stdout],
      [0, 'withdrew the consent of alice to shop; its grants are revoked\n'],
    );
    assert.deepEqual(await workplace.json('consent', 'list', 'alice'), []);
    assert.equal(await store.artifacts.find('Consent', key), undefined);
    assert.equal((await store.audit.list({ type: 'consent.withdrawn', limit: 1 }))[0]?.clientId, 'shop');
    await workplace.refuses(['consent', 'withdraw', 'alice', 'unknown'], 1, /there is no client unknown/);
  });

  it('shows an account without what was revoked', async () => {
    const account = (await workplace.json('user', 'show', 'alice')) as object;
    assert.ok(!('revocations' in account));
    assert.ok(!JSON.stringify(await workplace.json('user', 'list')).includes('revocations'));
  });
});
