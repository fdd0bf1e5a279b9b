import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthentication } from '../../src/accounts/authentication.ts';
import type { Passwords } from '../../src/accounts/credentials/password.ts';
import { parseConfig } from '../../src/config/config.ts';
import { newTraceId } from '../../src/observability/trace-id.ts';
import { openStore } from '../../src/store/open.ts';
import { skip } from '../support/skip.ts';
import { COMMAND, Workplace } from './run-signet.ts';

const PASSWORD = 'wonderland-tea-party';

/** The tests share one directory and run in order. */
describe('signet user', function () {
  this.timeout(60_000);
  let workplace: Workplace;

  before(() => {
    workplace = new Workplace({ ownProcess: false });
  });
  after(() => workplace.remove());

  it('adds an account with claims and a password from standard input', async () => {
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
    assert.deepEqual(await workplace.json('user', 'show', String(shown.id)), shown);
    const { locks, lastSignIn, sessions, ...account } = shown;
    assert.deepEqual([locks, lastSignIn, sessions], [[], null, 0]);
    assert.deepEqual(await workplace.json('user', 'list'), [account]);
    const { stdout } = await workplace.run(['user', 'list']);
    assert.match(stdout, /^USERNAME +STATE +EMAIL +CREATED +ID\nalice +active +alice@example\.com +20\d\d-/);
    assert.doesNotMatch(JSON.stringify(shown) + stdout, /argon2/);
  });

  it('lists those that match, page by page', async () => {
    const people = {
      bert: ['--name', 'Bert Liddell', '--group', 'staff'],
      cleo: ['--email', 'lid@example.org'],
      lida: ['--name', 'Ida'],
    };
    for (const [username, options] of Object.entries(people)) {
      assert.equal((await workplace.run(['user', 'add', username, '--no-password', ...options])).code, 0);
    }
    await workplace.run(['user', 'disable', 'bert']);
    const list = async (...options: string[]) =>
      ((await workplace.json('user', 'list', ...options)) as { username: string }[]).map(
        ({ username }) => username,
      );
    assert.deepEqual(await list('--search', 'LID'), ['alice', 'bert', 'cleo', 'lida']);
    assert.deepEqual(await list('--search', 'liddell', '--group', 'staff'), ['alice', 'bert']);
    assert.deepEqual(await list('--search', 'liddell', '--group', 'staff', '--disabled'), ['bert']);
    assert.deepEqual(await list('--group', 'staff', '--enabled'), ['alice']);
    assert.deepEqual(await list('--limit', '2'), ['alice', 'bert']);
    assert.deepEqual(await list('--search', 'lid', '--limit', '2', '--after', 'Bert'), ['cleo', 'lida']);
    assert.deepEqual(await list('--after', 'b'), ['bert', 'cleo', 'lida']);
    const first = await workplace.run(['user', 'list', '--search', 'lid', '--limit', '3']);
    assert.deepEqual(
      [first.stdout.split('\n').length, first.stderr],
      [5, 'there are more: continue with --after cleo\n'],
    );
    const all = await workplace.run(['user', 'list', '--search', 'lid', '--limit', '4', '--json']);
    assert.equal(all.stderr, '');
    assert.deepEqual(await list('--search', 'nobody'), []);
    await workplace.refuses(
      ['user', 'list', '--disabled', '--enabled'],
      2,
      /'--disabled' cannot be used with/,
    );
    await workplace.refuses(['user', 'list', '--search', ' '], 2, /Expected the beginning of a username/);
    await workplace.refuses(['user', 'list', '--limit', '0'], 2, /Expected a number from 1 to 999999/);
    await workplace.refuses(['user', 'list', '--after', ' '], 2, /the username is empty\./);
    for (const username of Object.keys(people)) await workplace.run(['user', 'remove', username]);
  });

  it('changes the given claims and keeps the others', async () => {
    const { code } = await workplace.run(
      ['user', 'set-claims', 'alice', '--email', 'a@example.com', '--claims', '-'],
      {
        input: '{ "department": null, "locale": "en" }',
      },
    );
    assert.equal(code, 0);
    const { claims } = (await workplace.json('user', 'show', 'alice')) as { claims: object };
    // The verification was of the former address.
    assert.deepEqual(Object.keys(claims).sort(), ['email', 'groups', 'locale', 'name']);
  });

  it('shows its locks, last sign-in and sessions', async () => {
    const store = await openStore(`sqlite:${join(workplace.directory, 'data/signet.db')}`, {
      clock: Date.now,
    });
    const account = await store.accounts.findByUsername('alice');
    assert.ok(account !== undefined);
    const settings = { ...parseConfig({}).loginProtection, oneNetwork: 2, allNetworks: 2 };
    const passwords = {
      hash: () => Promise.resolve(''),
      verify: async (...[, , guard]: Parameters<Passwords['verify']>) => {
        await guard?.admit();
        await guard?.failed();
        return { valid: false, outdated: false, startedAt: 0 };
      },
    };
    const authentication = createAuthentication({
      store,
      devices: { isKnown: () => Promise.resolve(false) },
      passwords,
      settings,
      clock: Date.now,
    });
    const attempt = { username: 'alice', password: 'wrong', network: '203.0.113.9' };
    await authentication.signIn(attempt);
    const second = await authentication.signIn(attempt);
    assert.ok(second.outcome === 'refused' && second.locked?.what === 'new devices');
    const { until } = second.locked;
    const event = { at: Date.now(), accountId: account.id, ip: '203.0.113.9' };
    const traceId = newTraceId();
    await store.audit.append([
      { ...event, type: 'account.locked', detail: { what: 'one network', until } },
      { ...event, type: 'account.locked', detail: { what: 'one device', until: 1 } },
      { ...event, type: 'login.succeeded', at: 1_800_000_000_000, clientId: 'web' },
      { ...event, type: 'login.failed', traceId, detail: { reason: 'locked' } },
    ]);
    const expiresAt = until + 60;
    await store.artifacts.upsert('Session', 's', { payload: {}, expiresAt, accountId: account.id });
    await store.close();

    const time = new Date(until * 1000).toISOString().replace('.000Z', 'Z');
    const config = join(workplace.directory, 'lower.yaml');
    writeFileSync(config, 'loginProtection: { oneNetwork: 2, allNetworks: 2 }\n');
    const { stdout } = await workplace.run(['user', 'show', 'alice', '--config', config]);
    assert.deepEqual(stdout.split('\n').slice(5, 9), [
      `locked        new devices until ${time}; one network (203.0.113.9) until ${time}`,
      'last sign-in  2027-01-15T08:00:00Z to web from 203.0.113.9',
      'sessions      1',
      'factors       none',
    ]);
    const shown = (await workplace.json('user', 'show', 'alice')) as Record<string, unknown>;
    assert.deepEqual(shown.lastSignIn, { at: 1_800_000_000, ip: '203.0.113.9', clientId: 'web' });
    assert.equal(shown.sessions, 1);
    assert.deepEqual(shown.locks, [{ what: 'one network', until, ip: '203.0.113.9' }]);
    const found = (await workplace.json('audit', 'list', '--reference', traceId)) as object[];
    assert.deepEqual(found, [
      {
        at: new Date(event.at).toISOString(),
        type: 'login.failed',
        outcome: 'failure',
        actor: { kind: 'person' },
        target: { kind: 'account', id: account.id },
        accountId: account.id,
        ip: '203.0.113.9',
        traceId,
        detail: { reason: 'locked' },
      },
    ]);
    assert.deepEqual(await workplace.json('audit', 'list', '--reference', newTraceId()), []);
    await workplace.refuses(['audit', 'list', '--reference', 'x'], 2, /Expected a reference like/);
    await workplace.run(['user', 'unlock', 'alice']);
    assert.match(
      (await workplace.run(['user', 'show', 'alice', '--config', config])).stdout,
      /^locked {8}no$/m,
    );
  });

  it('loses no change of concurrent changes of claims', async () => {
    const names = ['nickname', 'given-name', 'family-name', 'phone-number'];
    const ended = await Promise.all(
      names.map((name) => workplace.run(['user', 'set-claims', 'alice', `--${name}`, '+15551234567'])),
    );
    assert.deepEqual(
      ended.map(({ code, stderr }) => [code, stderr]),
      names.map(() => [0, '']),
    );
    const { claims } = (await workplace.json('user', 'show', 'alice')) as { claims: object };
    for (const name of names) assert.ok(name.replace('-', '_') in claims, name);
  });

  it('renames it; a username with an @ must be its email address', async () => {
    const problem =
      'error: the username bob@example.com looks like an email address and is not that of the account (--email): set the same address, or choose a username without @\n';
    const added = await workplace.run(['user', 'add', 'bob@example.com', '--no-password']);
    assert.deepEqual([added.code, added.stderr], [1, problem]);
    const renamed = await workplace.run(['user', 'rename', 'alice', 'bob@example.com']);
    assert.deepEqual([renamed.code, renamed.stderr], [1, problem]);
    for (const [from, to, ...options] of [
      ['alice', 'bob@example.com', '--email', 'bob@example.com'],
      ['bob@example.com', 'alice', '--email', 'alice@example.com', '--email-verified'],
    ] as const) {
      const { stdout } = await workplace.run(['user', 'rename', from, to, ...options]);
      assert.equal(stdout, `renamed ${from} to ${to}\n`);
    }
    const { stdout } = await workplace.run(['audit', 'list', '--type', 'account.renamed']);
    assert.match(stdout, /account\.renamed/);
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

  it('prompts for a password on a terminal, twice and without echo', async function () {
    if (!existsSync('/usr/bin/script')) skip(this, 'script is missing', 'apt-get install bsdutils');
    const terminal = spawn(
      '/usr/bin/script',
      ['-qec', `"${process.execPath}" "${COMMAND}" user add bob --name Bob`, '/dev/null'],
      { cwd: workplace.directory, env: { PATH: process.env.PATH ?? '', TERM: 'xterm' } },
    );
    let screen = '';
    terminal.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      if (/(New password for bob: |Repeat the password: )$/.test(screen))
        terminal.stdin.write(`${PASSWORD}\r`);
      if (screen.includes('added bob')) terminal.stdin.end();
    });
    await new Promise((resolve) => terminal.once('close', resolve));
    assert.match(
      screen,
      /^store: \S+\r\nNew password for bob: \r\nRepeat the password: \r\nadded bob \([\da-f-]{36}\)\r\n$/,
    );
  });

  it('rejects invalid input with one sentence for each problem', async () => {
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
