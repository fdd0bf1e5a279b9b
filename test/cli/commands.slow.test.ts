import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsecuredJWT } from 'jose';
import { openKeyRing } from '../../src/signing/key-ring.ts';
import { skip } from '../support/skip.ts';
import { COMMAND, finish, Workplace } from './run-signet.ts';

const PASSWORD = 'wonderland-tea-party';

/** Everything here shares one directory and runs in order, as a person at a terminal would. */
describe('On the command line', function () {
  this.timeout(30_000);
  let workplace: Workplace;

  before(() => {
    workplace = new Workplace();
  });
  after(() => workplace.remove());

  async function refused(
    args: readonly string[],
    code: number,
    message: RegExp,
    input?: string,
  ): Promise<void> {
    const result = await workplace.run(args, input === undefined ? {} : { input });
    assert.deepEqual([result.code, result.stdout], [code, '']);
    assert.match(result.stderr, message);
    assert.doesNotMatch(result.stderr, /^\s+at /m);
  }

  describe('signet user', () => {
    it('adds an account with claims, its password from standard input', async () => {
      const claims = join(workplace.directory, 'claims.json');
      writeFileSync(
        claims,
        JSON.stringify({ email_verified: true, department: 'Tea', name: 'From the file' }),
      );
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
      assert.match(
        stdout,
        /^USERNAME +STATE +EMAIL +CREATED +ID\nalice +active +alice@example\.com +20\d\d-/,
      );
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

    it('disables, enables, sets the password', async () => {
      assert.match((await workplace.run(['user', 'disable', 'alice'])).stdout, /^disabled alice/);
      assert.match((await workplace.run(['user', 'list'])).stdout, /alice +disabled/);
      assert.match((await workplace.run(['user', 'enable', 'alice'])).stdout, /^enabled alice/);
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
      assert.match(screen, /^New password for bob: \r\nThe same again: \r\nadded bob \([\da-f-]{36}\)\r\n$/);
    });

    it('refuses what is wrong with a sentence for each problem', async () => {
      await refused(
        ['user', 'add', 'carol', '--password-stdin'],
        1,
        /^error: the password is shorter than 12 characters\n$/,
        'short',
      );
      await refused(
        ['user', 'add', 'carol', '--no-password', '--email', 'nope', '--picture', 'x'],
        1,
        /^error:\n {2}picture: [^\n]+\n {2}email: [^\n]+\n$/,
      );
      await refused(['user', 'add', 'ALICE', '--no-password'], 1, /^error: the username alice is taken\n$/);
      await refused(['user', 'show', 'nobody'], 1, /^error: there is no account nobody\n$/);
      await refused(['user', 'add', 'carol'], 2, /--password-stdin/);
      await refused(
        ['user', 'add', 'carol', '--claims', 'missing.json', '--no-password'],
        1,
        /^error: cannot read missing\.json/,
      );
    });

    it('removes it', async () => {
      assert.match((await workplace.run(['user', 'remove', 'alice'])).stdout, /^removed alice/);
      await refused(['user', 'remove', 'alice'], 1, /there is no account alice/);
    });
  });

  describe('signet client', () => {
    it('adds a client and prints its secret once', async () => {
      const command =
        'client add --id shop --name Shop --redirect-uri https://shop.example/cb --first-party --no-pkce';
      const grants = ['--grant', 'authorization_code', '--grant', 'refresh_token'];
      const added = await workplace.run([...command.split(' '), ...grants]);
      assert.deepEqual([added.code, added.stderr], [0, '']);
      const secret = /client_secret +([\w-]{43})\n/.exec(added.stdout)?.[1] ?? assert.fail(added.stdout);
      const shown = (await workplace.json('client', 'show', 'shop')) as Record<string, unknown>;
      assert.equal(shown.require_pkce, false);
      assert.equal(shown.first_party, true);
      assert.equal(shown.scope, 'openid profile email offline_access');
      assert.ok(!JSON.stringify(shown).includes(secret));
      assert.doesNotMatch(JSON.stringify(shown), /sha256/);
      assert.deepEqual(await workplace.json('client', 'list'), [shown]);
    });

    it('adds a client from JSON', async () => {
      const metadata = {
        client_id: 'job',
        grant_types: ['client_credentials'],
        scope: 'messages:read',
        client_secret: PASSWORD,
      };
      const added = await workplace.run(['client', 'add', '--metadata', '-', '--json'], {
        input: JSON.stringify(metadata),
      });
      assert.equal((JSON.parse(added.stdout) as Record<string, unknown>).client_secret, PASSWORD);
    });

    it('rotates a secret, with both valid for a while', async () => {
      const { stdout } = await workplace.run(['client', 'rotate-secret', 'shop', '--overlap', '2d']);
      assert.match(stdout, /client_secret +[\w-]{43}\n.*\nThe secret before it is valid until 20\d\d-/);
      const { secrets } = (await workplace.json('client', 'show', 'shop')) as { secrets: object[] };
      assert.equal(secrets.length, 2);
      const ended = await workplace.run(['client', 'rotate-secret', 'shop', '--overlap', '0']);
      assert.match(ended.stdout, /The secret before it has ended\.\n$/);
    });

    it('refuses what is wrong with a sentence for each problem', async () => {
      await refused(
        ['client', 'add', '--public', '--redirect-uri', 'javascript:x', '--no-pkce'],
        1,
        /^error:\n {2}redirect_uris: [^\n]+\n {2}require_pkce: [^\n]+\n$/,
      );
      await refused(
        ['client', 'add', '--grant', 'implicit'],
        1,
        /grant_types\.0: must be authorization_code or/,
      );
      await refused(['client', 'rotate-secret', 'shop', '--overlap', 'soon'], 2, /Expected 0, seconds/);
      await refused(['client', 'show', 'nobody'], 1, /there is no client nobody/);
    });

    it('removes it', async () => {
      assert.equal((await workplace.run(['client', 'remove', 'shop'])).stdout, 'removed shop\n');
    });
  });

  describe('signet audit', () => {
    it('lists what was done, newest first, without secrets', async () => {
      const events = (await workplace.json('audit', 'list')) as { type: string; at: string }[];
      assert.equal(events[0]?.type, 'client.removed');
      assert.equal(events.at(-1)?.type, 'account.added');
      assert.match(events[0]?.at ?? '', /^20\d\d-.*Z$/);
      assert.doesNotMatch(JSON.stringify(events), /tea-party|argon2|sha256/);
    });

    it('filters by type, account, client, time and number', async () => {
      const list = async (...args: string[]) =>
        ((await workplace.json('audit', 'list', ...args)) as object[]).length;
      assert.equal(await list('--type', 'client.secret_rotated', '--since', '1h'), 2);
      assert.equal(await list('--account', 'bob'), 1);
      assert.equal(await list('--client', 'job', '--limit', '5'), 1);
      assert.equal(await list('--since', '2100-01-01'), 0);
      await refused(['audit', 'list', '--type', 'login.faild'], 2, /Did you mean login\.failed\?/);
    });
  });

  describe('signet config', () => {
    it('reports every problem at once, those of declared clients too', async () => {
      writeFileSync(join(workplace.directory, 'wrong.yaml'), 'isuer: x\nport: many\n');
      await refused(
        ['config', 'check', '--config', 'wrong.yaml'],
        1,
        /^error:\n {2}port: [^\n]+\n {2}isuer: unknown key; did you mean issuer\?\n$/,
      );
      writeFileSync(
        join(workplace.directory, 'client.yaml'),
        'clients:\n  - client_id: x\n    redirect_urls: []\n',
      );
      await refused(
        ['--config', 'client.yaml', 'config', 'check'],
        1,
        /clients\.x\.redirect_urls: unknown client metadata; did you mean redirect_uris\?/,
      );
    });

    it('says that all is well', async () => {
      const { code, stdout } = await workplace.run(['config', 'check']);
      assert.equal(code, 0);
      assert.match(stdout, /^the configuration is in order\nmode +development\n/);
    });

    it('prints the effective configuration without secrets', async () => {
      const { stdout } = await workplace.run(['config', 'print'], { env: { SIGNET_PORT: '3456' } });
      assert.match(stdout, /^port: 3456$/m);
      assert.match(stdout, /^ {4}client_secret: "\[redacted\]"$/m);
      assert.doesNotMatch(stdout, /demo-web-secret/);
    });

    it('prints the JSON Schema', async () => {
      const { stdout } = await workplace.run(['config', 'schema']);
      assert.ok('properties' in (JSON.parse(stdout) as object));
    });
  });

  describe('signet keys and token', () => {
    it('says when there is no key', async () => {
      await refused(['keys', 'list'], 1, /^error: there is no signing key in \.\/keys\n$/);
    });

    it('lists the keys without their private parts', async () => {
      await openKeyRing({ directory: join(workplace.directory, 'keys'), clock: Date.now, create: true });
      const [key] = (await workplace.json('keys', 'list')) as Record<string, unknown>[];
      assert.deepEqual([key?.alg, key?.state], ['RS256', 'signing']);
      assert.ok(!('privateJwk' in (key ?? {})));
      assert.match((await workplace.run(['keys', 'list'])).stdout, /^KID +ALG +STATE/);
    });

    it('shows what is in a token, with dates, and that it was not checked', async () => {
      const claims = { exp: 1_700_000_000, sub: 'a\u009b31m' };
      const { stdout } = await workplace.run(['token', 'decode', new UnsecuredJWT(claims).encode()]);
      assert.match(stdout, /"alg": "none"[\s\S]*"sub": "a\\u009b31m"[\s\S]*exp {2}2023-11-14T22:13:20Z/);
      assert.match(stdout, /The signature was not checked/);
    });

    it('fails for a token that is not good', async () => {
      const token = new UnsecuredJWT({}).encode();
      await refused(
        ['token', 'verify', '--local'],
        1,
        /^error: the token is not good: [^\n]+\n$/,
        `Bearer ${token}\n`,
      );
    });
  });

  it('a store that cannot be opened is one sentence', async () => {
    writeFileSync(join(workplace.directory, 'notes.txt'), 'x'.repeat(5000));
    const { code, stderr } = await workplace.run(['user', 'list'], {
      env: { SIGNET_STORE: 'sqlite:notes.txt' },
    });
    assert.equal(code, 1);
    assert.match(stderr, /^error: notes\.txt is not an SQLite database[^\n]*\n$/);
  });

  it('help is no failure, and a missing command is', async () => {
    const help = await workplace.run(['help', 'user']);
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /set-password .*\n[\s\S]*Examples:/);
    await refused([], 2, /^Usage: signet/);
    await refused(['user', 'lst'], 2, /unknown command 'lst'\n\(Did you mean list\?\)/);
    await refused(['--confg', 'x', 'user'], 2, /Did you mean --config\?/);
  });

  it('output that nobody reads to the end is no failure', async () => {
    const child = workplace.start(['config', 'schema']);
    child.stdout?.destroy();
    assert.equal((await finish(child)).stderr, '');
  });
});
