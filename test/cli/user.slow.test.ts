import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { skip } from '../support/skip.ts';
import { COMMAND, Workplace } from './run-signet.ts';

const PASSWORD = 'wonderland-tea-party';

/** One directory for all, in order, as a person at a terminal would. */
describe('signet user', function () {
  this.timeout(30_000);
  let workplace: Workplace;

  before(() => {
    workplace = new Workplace();
  });
  after(() => workplace.remove());

  it('adds an account with claims, its password from standard input', async () => {
    const claims = join(workplace.directory, 'claims.json');
    writeFileSync(claims, JSON.stringify({ email_verified: true, department: 'Tea', name: 'From the file' }));
    const options = [
      '--name',
      'Alice Liddell',
      '--email',
      'alice@example.com',
      '--group',
      'staff',
      '--group',
      'tea',
    ];
    const added = await workplace.run(
      ['user', 'add', 'Alice', ...options, '--claims', claims, '--password-stdin'],
      {
        input: `${PASSWORD}\n`,
      },
    );
    assert.deepEqual([added.code, added.stderr], [0, '']);
    assert.match(added.stdout, /^added alice \([\da-f-]{36}\)\n$/);
  });

  it('shows and lists it, without the hash', async () => {
    const shown = (await workplace.json('user', 'show', 'ALICE')) as Record<string, unknown>;
    assert.deepEqual(shown.claims, {
      name: 'Alice Liddell',
      email: 'alice@example.com',
      email_verified: true,
      groups: ['staff', 'tea'],
      department: 'Tea',
    });
    assert.deepEqual(await workplace.json('user', 'list'), [shown]);
    assert.deepEqual(await workplace.json('user', 'show', String(shown.id)), shown);
    const { stdout } = await workplace.run(['user', 'list']);
    assert.match(stdout, /^USERNAME +STATE +EMAIL +CREATED +ID\nalice +active +alice@example\.com +20\d\d-/);
    assert.doesNotMatch(JSON.stringify(shown) + stdout, /argon2/);
  });

  it('changes the claims that are named and leaves the others', async () => {
    const { code } = await workplace.run(
      ['user', 'set-claims', 'alice', '--email', 'a@example.com', '--claims', '-'],
      {
        input: '{ "department": null, "locale": "en" }',
      },
    );
    assert.equal(code, 0);
    const { claims } = (await workplace.json('user', 'show', 'alice')) as { claims: object };
    assert.deepEqual(Object.keys(claims).sort(), ['email', 'email_verified', 'groups', 'locale', 'name']);
  });

  it('disables, enables, unlocks, sets the password', async () => {
    assert.match((await workplace.run(['user', 'disable', 'alice'])).stdout, /^disabled alice/);
    assert.match((await workplace.run(['user', 'list'])).stdout, /alice +disabled/);
    assert.match((await workplace.run(['user', 'enable', 'alice'])).stdout, /^enabled alice/);
    assert.match((await workplace.run(['user', 'unlock', 'Alice'])).stdout, /^unlocked alice/);
    assert.match((await workplace.run(['audit', 'list'])).stdout, /account\.unlocked/);
    const set = await workplace.run(['user', 'set-password', 'alice', '--password-stdin'], {
      input: PASSWORD,
    });
    assert.match(set.stdout, /^set the password of alice/);
  });

  it('asks for a password on a terminal, twice and without showing it', async function () {
    if (!existsSync('/usr/bin/script')) skip(this, 'script is missing', 'apt-get install bsdutils');
    const terminal = spawn(
      '/usr/bin/script',
      ['-qec', `"${process.execPath}" "${COMMAND}" user add bob --name Bob`, '/dev/null'],
      { cwd: workplace.directory, env: { PATH: process.env.PATH ?? '', TERM: 'xterm' } },
    );
    let screen = '';
    terminal.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      if (/(New password for bob: |The same again: )$/.test(screen)) terminal.stdin.write(`${PASSWORD}\r`);
      if (screen.includes('added bob')) terminal.stdin.end();
    });
    await new Promise((resolve) => terminal.once('close', resolve));
    assert.match(
      screen,
      /^store: \S+\r\nNew password for bob: \r\nThe same again: \r\nadded bob \([\da-f-]{36}\)\r\n$/,
    );
  });

  it('refuses what is wrong with a sentence for each problem', async () => {
    await workplace.refuses(
      ['user', 'add', 'carol', '--password-stdin'],
      1,
      /^error: the password is shorter than 12 characters\n$/,
      'short',
    );
    await workplace.refuses(
      ['user', 'add', 'carol', '--no-password', '--email', 'nope', '--picture', 'x'],
      1,
      /^error:\n {2}picture: [^\n]+\n {2}email: [^\n]+\n$/,
    );
    await workplace.refuses(
      ['user', 'add', 'ALICE', '--no-password'],
      1,
      /^error: the username alice is taken\n$/,
    );
    await workplace.refuses(['user', 'show', 'nobody'], 1, /^error: there is no account nobody\n$/);
    await workplace.refuses(['user', 'add', 'carol'], 2, /--password-stdin/);
    await workplace.refuses(
      ['user', 'add', 'carol', '--claims', 'missing.json', '--no-password'],
      1,
      /^error: cannot read missing\.json/,
    );
  });

  it('removes it', async () => {
    assert.match((await workplace.run(['user', 'remove', 'alice'])).stdout, /^removed alice/);
    await workplace.refuses(['user', 'remove', 'alice'], 1, /there is no account alice/);
  });
});
