import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { newTraceId } from '../../src/observability/trace-id.ts';
import { openStore } from '../../src/store/open.ts';
import { Workplace } from './run-signet.ts';

const SECRET = 'demo-machine-secret';

/** The tests share one directory and run in order. */
describe('signet client and signet audit', function () {
  this.timeout(60_000);
  let workplace: Workplace;

  before(() => {
    workplace = new Workplace({ ownProcess: false });
  });
  after(() => workplace.remove());

  describe('signet client', () => {
    it('adds a client and prints its secret once', async () => {
      const command =
        'client add --id shop --name Shop --redirect-uri https://shop.example/cb --first-party --pkce optional';
      const grants = ['--grant', 'authorization_code', '--grant', 'refresh_token'];
      const added = await workplace.run([...command.split(' '), ...grants]);
      assert.deepEqual([added.code, added.stderr], [0, '']);
      const secret = /client_secret +([\w-]{43})\n/.exec(added.stdout)?.[1] ?? assert.fail(added.stdout);
      const shown = (await workplace.json('client', 'show', 'shop')) as Record<string, unknown>;
      assert.equal(shown.pkce, 'optional');
      assert.equal(shown.first_party, true);
      assert.equal(shown.id_token_claims, true);
      assert.equal(shown.scope, 'openid profile email offline_access');
      assert.ok(!JSON.stringify(shown).includes(secret));
      assert.doesNotMatch(JSON.stringify(shown), /sha256/);
      assert.deepEqual(await workplace.json('client', 'list'), [shown]);
    });

    it('adds a public client with refresh tokens and the origin of its pages', async () => {
      const command =
        'client add --id phone --public --native --redirect-uri com.example.phone:/cb --refresh-tokens --allowed-origin capacitor://localhost --allowed-origin https://localhost --json';
      const { stdout } = await workplace.run(command.split(' '));
      const added = JSON.parse(stdout) as Record<string, unknown>;
      assert.deepEqual(added.grant_types, ['authorization_code', 'refresh_token']);
      assert.equal(added.scope, 'openid profile email offline_access');
      assert.deepEqual(added.allowed_origins, ['capacitor://localhost', 'https://localhost']);
      assert.equal(added.client_secret, undefined);
      await workplace.run(['client', 'remove', 'phone']);
    });

    it('accepts the former names of --pkce, in options and JSON', async () => {
      const input = JSON.stringify({
        client_id: 'former',
        redirect_uris: ['https://former.example/cb'],
        require_pkce: true,
      });
      const from = (...options: string[]) =>
        workplace.run(['client', 'add', '--metadata', '-', ...options], { input });
      const pkceOf = async (id: string) =>
        ((await workplace.json('client', 'show', id)) as Record<string, unknown>).pkce;
      assert.equal((await from()).code, 0);
      assert.equal(await pkceOf('former'), 'required');
      assert.equal((await from('--id', 'file-and-option', '--pkce', 'optional')).code, 0);
      assert.equal(await pkceOf('file-and-option'), 'optional');
      assert.equal((await from('--id', 'no-pkce', '--no-pkce')).code, 0);
      assert.equal(await pkceOf('no-pkce'), 'optional');
      for (const id of ['former', 'file-and-option', 'no-pkce'])
        await workplace.run(['client', 'remove', id]);
    });

    it('adds a client from JSON', async () => {
      const metadata = {
        client_id: 'job',
        grant_types: ['client_credentials'],
        scope: 'messages:read',
        client_secret: SECRET,
      };
      const added = await workplace.run(['client', 'add', '--metadata', '-', '--json'], {
        input: JSON.stringify(metadata),
      });
      assert.equal((JSON.parse(added.stdout) as Record<string, unknown>).client_secret, SECRET);
    });

    it('adds a client whose ID tokens have no claims about the person', async () => {
      const command =
        'client add --id lean --public --redirect-uri https://lean.example/cb --no-id-token-claims';
      assert.equal((await workplace.run(command.split(' '))).code, 0);
      const shown = (await workplace.json('client', 'show', 'lean')) as Record<string, unknown>;
      assert.equal(shown.id_token_claims, false);
      assert.equal((await workplace.run(['client', 'remove', 'lean'])).code, 0);
    });

    it('adds a client of the implicit grant, and warns', async () => {
      const command = [
        'client',
        'add',
        '--json',
        '--id',
        'legacy',
        '--redirect-uri',
        'https://legacy.example/cb',
      ];
      const types = ['--grant', 'implicit', '--response-type', 'token id_token'];
      const { stdout, stderr } = await workplace.run([...command, ...types]);
      assert.deepEqual((JSON.parse(stdout) as Record<string, unknown>).response_types, ['id_token token']);
      assert.match(stderr, /^warning: response_types: id_token token issues access tokens [^\n]+\n$/);
      await workplace.run(['client', 'remove', 'legacy']);
    });

    it('adds a native client with a scheme without a dot, and warns on standard error', async () => {
      const command = 'client add --json --id editor --public --native --redirect-uri cursor://x/cb';
      const { code, stdout, stderr } = await workplace.run(command.split(' '));
      assert.equal(code, 0);
      assert.deepEqual((JSON.parse(stdout) as Record<string, unknown>).redirect_uris, ['cursor://x/cb']);
      assert.match(stderr, /^warning: redirect_uris: "cursor:\/\/x\/cb" has a scheme without a dot[^\n]+\n$/);
      await workplace.run(['client', 'remove', 'editor']);
      await workplace.refuses(
        ['client', 'add', '--public', '--native', '--redirect-uri', 'ms-msdt:/id'],
        1,
        /redirect_uris: "ms-msdt:\/id" uses the ms-msdt scheme, which is not allowed/,
      );
    });

    it('adds loopback redirect URIs to a web client', async () => {
      const command = 'client add --json --id vault --redirect-uri https://vault.example/cb';
      const tool = ['--loopback-redirect-uri', 'http://localhost:8250/oidc/callback', '--trust-loopback'];
      const { stdout, stderr } = await workplace.run([...command.split(' '), ...tool]);
      const added = JSON.parse(stdout) as Record<string, unknown>;
      assert.deepEqual(
        [added.redirect_uris, added.loopback_redirect_uris, added.trust_loopback, stderr],
        [['https://vault.example/cb'], ['http://localhost:8250/oidc/callback'], true, ''],
      );
      await workplace.run(['client', 'remove', 'vault']);
    });

    it('rotates a secret; the previous one stays valid during the overlap', async () => {
      const { stdout } = await workplace.run(['client', 'rotate-secret', 'shop', '--overlap', '2d']);
      assert.match(stdout, /client_secret +[\w-]{43}\n.*\nThe previous secret is valid until 20\d\d-/);
      const { secrets } = (await workplace.json('client', 'show', 'shop')) as { secrets: object[] };
      assert.equal(secrets.length, 2);
      const ended = await workplace.run(['client', 'rotate-secret', 'shop', '--overlap', '0']);
      assert.match(ended.stdout, /The previous secret has expired\.\n$/);
    });

    it('rejects invalid input with one sentence for each problem', async () => {
      await workplace.refuses(
        ['client', 'add', '--public', '--redirect-uri', 'javascript:x', '--pkce', 'optional'],
        1,
        /^error:\n {2}redirect_uris: [^\n]+\n {2}pkce: [^\n]+\n$/,
      );
      await workplace.refuses(
        ['client', 'add', '--grant', 'password'],
        1,
        /grant_types\.0: must be authorization_code or/,
      );
      await workplace.refuses(
        ['client', 'add', '--id', '__proto__', '--redirect-uri', 'https://shop.example/cb'],
        1,
        /^error: client_id: is a reserved name; choose another\n$/,
      );
      await workplace.refuses(
        ['client', 'rotate-secret', 'shop', '--overlap', 'soon'],
        2,
        /Expected 0, seconds/,
      );
      await workplace.refuses(['client', 'show', 'nobody'], 1, /there is no client nobody/);
    });

    it('runs in a process with a closed Object.prototype', async () => {
      const tell = `process.on('exit', () => console.log(
        Object.isExtensible(Object.prototype), Reflect.has({}, '__proto__')))`;
      const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}` };
      const { stdout } = await workplace.run(['client', 'list'], { env, ownProcess: true });
      assert.match(stdout, /^shop [^]*\nfalse false\n$/m);
    });

    it('removes it', async () => {
      assert.equal((await workplace.run(['client', 'remove', 'shop'])).stdout, 'removed shop\n');
    });
  });

  describe('signet audit', () => {
    it('lists events, newest first, without secrets', async () => {
      const events = (await workplace.json('audit', 'list')) as { type: string; at: string }[];
      assert.equal(events[0]?.type, 'client.removed');
      assert.equal(events.at(-1)?.type, 'client.added');
      assert.match(events[0]?.at ?? '', /^20\d\d-.*Z$/);
      assert.doesNotMatch(JSON.stringify(events), /demo-machine-secret|sha256/);
    });

    it('filters by type, account, client, time and limit', async () => {
      const list = async (...args: string[]) =>
        ((await workplace.json('audit', 'list', ...args)) as object[]).length;
      assert.equal(await list('--type', 'client.secret_rotated', '--since', '1h'), 2);
      await workplace.run(['user', 'add', 'bob', '--no-password']);
      assert.equal(await list('--account', 'bob'), 1);
      assert.equal(await list('--client', 'job', '--limit', '5'), 1);
      assert.equal(await list('--since', '2100-01-01'), 0);
      await workplace.refuses(['audit', 'list', '--type', 'login.faild'], 2, /Did you mean login\.failed\?/);
    });

    it('names the operator who ran a command: the user of the operating system, or who called sudo', async () => {
      const list = async (...args: string[]) => (await workplace.json('audit', 'list', ...args)) as object[];
      const { username } = userInfo();
      await workplace.run(['user', 'add', 'carol', '--no-password'], { env: { SUDO_USER: 'jane' } });
      const [added] = await list('--actor', 'operator:jane');
      const id = ((await workplace.json('user', 'show', 'carol')) as { id: string }).id;
      assert.deepEqual(
        { ...added, at: '' },
        {
          at: '',
          type: 'account.added',
          outcome: 'success',
          actor: { kind: 'operator', id: 'jane', via: 'command' },
          target: { kind: 'account', id },
          accountId: id,
          detail: { username: 'carol' },
        },
      );
      const byUser = await list('--actor', `operator:${username}`);
      assert.equal(byUser.length, (await list()).length - 1);
      assert.deepEqual(await list('--actor', 'system'), []);
      const { stdout } = await workplace.run(['audit', 'list', '--target', 'account:carol']);
      assert.match(stdout, /^TIME +TYPE +ACTOR +TARGET +ACCOUNT +CLIENT +IP +DETAIL\n/);
      assert.match(stdout, new RegExp(` account\\.added +operator:jane +account +${id} `));
      assert.equal(stdout.split('\n').length, 3);
    });

    it('filters by actor, target, address, outcome and trace id', async () => {
      const [traceId, other] = [newTraceId(), newTraceId()];
      const store = await openStore(`sqlite:${join(workplace.directory, 'data/signet.db')}`, {
        clock: Date.now,
      });
      const at = Date.now();
      await store.audit.append([
        { at, type: 'login.failed', clientId: 'job', ip: '::ffff:203.0.113.9', traceId },
        { at: at + 1, type: 'token.issued', clientId: 'job', ip: '203.0.113.9', traceId: other },
        { at: at + 2, type: 'key.withdrawn', actor: { kind: 'system' }, detail: { kid: 'k' } },
      ]);
      await store.close();
      const types = async (...args: string[]) =>
        ((await workplace.json('audit', 'list', ...args)) as { type: string }[]).map(({ type }) => type);
      assert.deepEqual(await types('--ip', '203.0.113.9'), ['token.issued', 'login.failed']);
      assert.deepEqual(await types('--outcome', 'failure'), ['login.failed']);
      assert.deepEqual(await types('--actor', 'client:job'), ['token.issued']);
      assert.deepEqual(await types('--actor', 'system'), ['key.withdrawn']);
      assert.deepEqual(await types('--target', 'key:k'), ['key.withdrawn']);
      assert.deepEqual(await types('--target', 'client:job'), ['client.added']);
      assert.deepEqual(await types('--trace', traceId.toUpperCase()), ['login.failed']);
      assert.deepEqual(await types('--reference', other), ['token.issued']);
      const mistakes: [string[], RegExp][] = [
        [['--actor', 'operater'], /Did you mean operator\?/],
        [['--actor', 'account'], /Expected person, client, operator, system\./],
        [['--actor', 'system:x'], /system has no id\./],
        [['--target', 'key:'], /Expected key, or key: and an id\./],
        [['--outcome', 'denied'], /Expected success or failure\./],
        [['--ip', 'localhost'], /Expected an IP address\./],
        [['--trace', 'x'], /Expected a reference like/],
        [['--trace', traceId, '--reference', traceId], /cannot be used with option/],
      ];
      await Promise.all(
        mistakes.map(([args, message]) => workplace.refuses(['audit', 'list', ...args], 2, message)),
      );
    });
  });
});
