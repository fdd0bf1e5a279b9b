import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Workplace } from './run-signet.ts';

/** The tests share one directory and run in order. */
describe('signet user invite', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  before(() => {
    workplace = new Workplace({ ownProcess: false });
  });
  after(() => workplace.remove());

  it('prints a link, and lists the invitation without it', async () => {
    await workplace.run([
      'user',
      'add',
      'alice',
      '--no-password',
      '--email',
      'alice@example.com',
      '--email-verified',
    ]);
    const options = ['--name', 'Carol', '--group', 'staff', '--expires', '12h'];
    const invited = (await workplace.json('user', 'invite', 'Carol@example.com', ...options)) as Record<
      string,
      unknown
    >;
    const { link, ...listed } = invited;
    assert.match(String(link), /^http:\/\/localhost:3000\/invitation\?token=[\w-]{43}$/);
    assert.deepEqual(
      { ...listed, created_at: '', expires_at: '' },
      {
        address: 'Carol@example.com',
        name: 'Carol',
        groups: ['staff'],
        mailed: false,
        created_at: '',
        expires_at: '',
      },
    );
    assert.deepEqual(await workplace.json('user', 'invitations'), [listed]);
  });

  it('sends the link instead of printing it', async () => {
    const { stdout } = await workplace.run(['user', 'invite', 'dora@example.com', '--mail']);
    assert.match(stdout, /^invited dora@example\.com by mail until \S+Z\n$/);
    assert.doesNotMatch(stdout, /token/);
    const jobs = (await workplace.json('jobs', 'list')) as { kind: string }[];
    assert.deepEqual(
      jobs.map(({ kind }) => kind),
      ['mail'],
    );
  });

  it('refuses an address that has an account, one that is none, and what the configuration turns off', async () => {
    for (const [address, error] of [
      ['alice@EXAMPLE.com', 'error: alice@EXAMPLE.com: is the address of an account\n'],
      ['carol', 'error: carol: is no email address for an account\n'],
    ] as const) {
      const refused = await workplace.run(['user', 'invite', address]);
      assert.deepEqual([refused.code, refused.stderr], [1, error]);
    }
    writeFileSync(join(workplace.directory, 'signet.yaml'), 'signUp: off\n');
    const off = await workplace.run(['user', 'invite', 'eve@example.com']);
    assert.deepEqual(
      [off.code, off.stderr],
      [1, 'error: signUp: is off in the configuration; set signUp: invitation\n'],
    );
  });

  it('withdraws an invitation', async () => {
    const { stdout } = await workplace.run(['user', 'withdraw-invitation', 'carol@example.com']);
    assert.equal(stdout, 'withdrew the invitation of carol@example.com\n');
    const open = (await workplace.json('user', 'invitations')) as { address: string }[];
    assert.deepEqual(
      open.map(({ address }) => address),
      ['dora@example.com'],
    );
  });
});
