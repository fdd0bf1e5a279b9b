import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createLinks } from '../../src/accounts/links.ts';
import { openStore } from '../../src/store/open.ts';
import type { AccountFactors, Store } from '../../src/store/store.ts';
import { Workplace } from './run-signet.ts';

const AT = 1_790_000_000;
const FACTORS: AccountFactors = {
  totp: { sealed: 'sealed-seed', createdAt: AT, lastUsedAt: AT + 60, lastStep: 1, drift: 0 },
  passkeys: {
    key: {
      name: 'Phone',
      publicKey: 'public-key',
      counter: 0,
      isPasskey: true,
      isBackedUp: true,
      rpId: 'localhost',
      createdAt: AT,
    },
  },
  recoveryCodes: { createdAt: AT, digests: ['digest-1', 'digest-2'] },
};

/** The tests share one directory and run in order. */
describe('signet user factors and update', () => {
  let workplace: Workplace;
  let store: Store;
  let id: string;
  before(async () => {
    workplace = new Workplace({ ownProcess: false });
    await workplace.run(['user', 'add', 'ann', '--no-password', '--email', 'ann@example.com']);
    store = await openStore(`sqlite:${join(workplace.directory, 'data/signet.db')}`, { clock: Date.now });
    id = (await store.accounts.findByUsername('ann'))?.id ?? '';
  });
  after(async () => {
    await store?.close();
    workplace?.remove();
  });

  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await workplace.run(['user', ...args]);
    return [code, code === 0 ? stdout : stderr] as const;
  };
  const give = () => store.accounts.update(id, () => ({ details: { factors: FACTORS } }));
  const left = async () => Object.keys((await store.accounts.find(id))?.details?.factors ?? {});

  it('lists factors without their secrets', async () => {
    assert.deepEqual(await run('factors', 'ann'), [0, 'no second factors\n']);
    await give();
    const [, table] = await run('factors', 'ann');
    assert.deepEqual(
      table.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | ')),
      [
        'FACTOR | NAME | ADDED | LAST USED',
        'totp | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z',
        'passkey | Phone | 2026-09-21T14:13:20Z',
        'recovery_codes | 2 left | 2026-09-21T14:13:20Z',
        '',
      ],
    );
    for (const output of [
      (await run('factors', 'ann', '--json'))[1],
      (await run('show', 'ann', '--json'))[1],
    ]) {
      assert.doesNotMatch(output, /sealed-seed|digest-1|public-key/);
    }
  });

  it('removes factors, and the recovery codes with the last one', async () => {
    assert.deepEqual(await run('factors', 'ann', '--remove', 'totp'), [0, 'removed from ann: totp\n']);
    assert.deepEqual(await left(), ['passkeys', 'recoveryCodes']);
    assert.deepEqual(await run('factors', 'ann', '--remove', 'totp'), [1, 'error: ann has no such factor\n']);
    assert.deepEqual(await run('factors', 'ann', '--remove', 'passkey'), [
      0,
      'removed from ann: passkey, recovery_codes\n',
    ]);
    await give();
    await run('factors', 'ann', '--remove', 'recovery-codes');
    assert.deepEqual(await left(), ['totp', 'passkeys']);
    await run('factors', 'ann', '--remove', 'all');
    assert.deepEqual(await left(), []);
  });

  it('makes a link to enrol, for the account as it is, also where there is nothing to remove', async () => {
    assert.deepEqual(await run('factors', 'ann', '--remove', 'all'), [
      1,
      'error: ann has no second factors\n',
    ]);
    const [code, url] = await run('factors', 'ann', '--remove', 'all', '--enrolment-link');
    assert.equal(code, 0);
    const [, token = ''] = /^http:\/\/localhost:3000\/enrolment\?token=([\w-]{43})\n$/.exec(url) ?? [];
    const links = createLinks({ artifacts: store.artifacts, clock: Date.now });
    assert.deepEqual(await links.find(token, 'enrolment'), { accountId: id, generation: 0 });
    const [made] = await store.audit.list({ type: 'account.enrolment_link_created', limit: 1 });
    assert.equal(made?.accountId, id);
  });

  it('changes username and claims in one step', async () => {
    assert.deepEqual(await run('update', 'ann', '--username', 'anna', '--name', 'Anna', '--locale', 'de'), [
      0,
      'changed anna\n',
    ]);
    const { username, claims } = (await store.accounts.find(id)) ?? {};
    assert.deepEqual([username, claims], ['anna', { email: 'ann@example.com', name: 'Anna', locale: 'de' }]);
    assert.deepEqual(await run('update', 'anna', '--email', 'a@example.com'), [0, 'changed anna\n']);
    assert.match((await run('update', 'anna'))[1], /name what to change/);
  });

  it('tells the former address of another one, where it was verified', async () => {
    const notices = async () =>
      (await store.jobs.list({ kind: 'mail' }, { limit: 9 })).jobs.map((job) => job.id.split('.')[0]);
    const verify = () =>
      store.accounts.update(id, ({ claims }) => ({ claims: { ...claims, email_verified: true } }));
    await run('update', 'anna', '--email', 'b@example.com');
    assert.deepEqual(await notices(), []);
    for (const command of ['update', 'set-claims']) {
      await verify();
      await run(command, 'anna', '--name', 'Anna L.');
      assert.equal((await run(command, 'anna', '--email', `${command}@example.com`))[0], 0);
    }
    await verify();
    await run('rename', 'anna', 'ann@example.com', '--email', 'ann@example.com');
    assert.deepEqual(
      await notices(),
      Array.from({ length: 3 }, () => 'emailChangedByOperator'),
    );
  });
});
