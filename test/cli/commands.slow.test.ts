import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JWK, UnsecuredJWT } from 'jose';
import { API, signIn } from '../support/flow.ts';
import { startTestServer } from '../support/server.ts';
import { finish, Workplace } from './run-signet.ts';

describe('On the command line', function () {
  this.timeout(60_000);
  let workplace: Workplace;

  before(() => {
    workplace = new Workplace({ ownProcess: false });
  });
  after(() => workplace.remove());

  describe('signet config', () => {
    it('reports every problem at once, also of declared clients', async () => {
      writeFileSync(join(workplace.directory, 'wrong.yaml'), 'isuer: x\nport: many\n');
      await workplace.refuses(
        ['config', 'check', '--config', 'wrong.yaml'],
        1,
        /^error:\n {2}isuer: unknown key; did you mean issuer\?\n {2}port: [^\n]+\n$/,
      );
      writeFileSync(
        join(workplace.directory, 'client.yaml'),
        'clients:\n  - client_id: x\n    redirect_urls: []\n',
      );
      await workplace.refuses(
        ['--config', 'client.yaml', 'config', 'check'],
        1,
        /clients\.x\.redirect_urls: unknown client metadata; did you mean redirect_uris\?/,
      );
    });

    it('reports a valid configuration', async () => {
      const { code, stdout } = await workplace.run(['config', 'check']);
      assert.equal(code, 0);
      assert.match(stdout, /^the configuration is valid\nmode +development\n/);
    });

    it('prints the effective configuration without secrets', async () => {
      writeFileSync(
        join(workplace.directory, 'shop.yaml'),
        'clients:\n  - {client_id: shop, client_secret: secret-of-the-shop, redirect_uris: [http://localhost:8080/cb]}\n',
      );
      const env = { SIGNET_PORT: '3456', SIGNET_MASTER_KEY: 'key-of-the-operator' };
      const { stdout } = await workplace.run(['config', 'print', '--config', 'shop.yaml'], { env });
      assert.match(stdout, /^port: 3456$/m);
      assert.match(stdout, /^ {4}client_secret: '\[redacted\]'$/m);
      assert.match(stdout, /^masterKey: '\[redacted\]'$/m);
      assert.doesNotMatch(stdout, /secret-of-the-shop|key-of-the-operator|demo-web/);
    });

    it('prints the JSON Schema', async () => {
      const { stdout } = await workplace.run(['config', 'schema']);
      assert.ok('properties' in (JSON.parse(stdout) as object));
    });
  });

  describe('signet keys and signet token', () => {
    it('list the keys of a server without their private parts, and verify its tokens with them', async () => {
      const server = await startTestServer({
        store: `sqlite:${join(workplace.directory, 'data/signet.db')}`,
        keys: join(workplace.directory, 'keys'),
      });
      const env = { SIGNET_ISSUER: server.issuer };
      const response = await fetch(`${env.SIGNET_ISSUER}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('demo-machine:demo-machine-secret')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'messages:read' }),
      });
      const { access_token: token } = (await response.json()) as { access_token: string };
      const { tokens } = await signIn(env.SIGNET_ISSUER);
      await server.stop();

      const [key] = (await workplace.json('keys', 'list')) as Record<string, unknown>[];
      assert.deepEqual([key?.alg, key?.state], ['RS256', 'signing']);
      assert.ok(!('privateJwk' in (key ?? {})));
      const { stdout } = await workplace.run(['token', 'verify', '--local', token, '--json'], { env });
      const { verified, kind } = JSON.parse(stdout) as Record<string, unknown>;
      assert.deepEqual([verified, kind], [true, 'access-token']);
      const idToken = tokens.id_token as string;
      const good = await workplace.run(['token', 'verify', '--local', idToken, '--audience', 'demo-web'], {
        env,
      });
      assert.match(
        good.stdout,
        /\nIt is an ID token: for the app that its aud names, and no key to an API\.\n$/,
      );
      const refused = await workplace.run(['token', 'verify', '--local', idToken, '--audience', API], {
        env,
      });
      assert.deepEqual(
        [refused.code, refused.stderr],
        [1, 'error: the token is not valid: it is an ID token, not an access token\n'],
      );
    });

    it('export the public keys, as a JWK Set or in PEM', async () => {
      const listed = (await workplace.json('keys', 'list')) as { kid: string; alg: string; state: string }[];
      const kid = listed[0]?.kid ?? '';
      const { keys } = JSON.parse((await workplace.run(['keys', 'export'])).stdout) as { keys: JWK[] };
      assert.deepEqual(
        keys.map((key) => [key.kid, Object.keys(key)]),
        [[kid, ['kty', 'use', 'alg', 'kid', 'n', 'e']]],
      );
      const { stdout: pem } = await workplace.run(['keys', 'export', '--pem', '--alg', 'RS256']);
      const [, head, key = ''] =
        /^(kid: \S+\nalg: RS256\nstate: signing\n)(-{5}BEGIN PUBLIC KEY-{5}\n[^]*)$/.exec(pem) ?? [];
      assert.equal(head, `kid: ${kid}\nalg: RS256\nstate: signing\n`);
      assert.equal(createPublicKey(key).export({ format: 'jwk' }).n, keys[0]?.n);
      const [described] = (await workplace.json('keys', 'export', '--pem')) as Record<string, unknown>[];
      assert.deepEqual([described?.kid, described?.state, described?.pem], [kid, 'signing', key]);
      const written = await workplace.run(['keys', 'export', '--pem', '--out', 'public']);
      assert.equal(written.stdout, `public/${kid}.pem  RS256  signing\n`);
      assert.equal(readFileSync(join(workplace.directory, `public/${kid}.pem`), 'utf8'), pem);
      const wrong: [string[], number, RegExp][] = [
        [['--out', 'public'], 2, /^error: --out and --json need --pem\n/],
        [['--pem', '--json', '--out', 'x'], 2, /^error: --out and --json exclude each other\n/],
        [
          ['--alg', 'ES256'],
          1,
          /error: there is no key for ES256; signet keys list shows those there are\n$/,
        ],
      ];
      for (const [args, code, message] of wrong) {
        await workplace.refuses(['keys', 'export', ...args], code, message);
      }
    });

    it('reject a rotation with an invalid time, which would store an invalid key', async () => {
      const directory = join(workplace.directory, 'keys');
      const files = () => (existsSync(directory) ? readdirSync(directory) : []);
      const before = files();
      await workplace.refuses(
        ['keys', 'rotate', '--when-adopted', '--timeout', '1.5'],
        2,
        /--timeout <time>' argument '1\.5' is invalid\. Expected seconds, or a number with a unit/,
      );
      assert.deepEqual(files(), before);
    });

    it('rotate once in ten minutes, report that, and rotate at once with --now', async () => {
      const rotate = async (...options: string[]) => await workplace.run(['keys', 'rotate', ...options]);
      const states = async () =>
        ((await workplace.json('keys', 'list')) as { kid: string; state: string }[]).map(
          ({ state }) => state,
        );
      const first = await rotate();
      const [, kid = '', time = ''] = /^announced (\S+)\nit signs from (\S+)\n$/.exec(first.stdout) ?? [];
      assert.notEqual(kid, '', first.stdout);
      const again = await rotate();
      assert.deepEqual(
        [again.code, again.stdout],
        [
          0,
          `nothing was changed: ${kid} is announced already and signs from ${time}\n` +
            'signet keys rotate --now has it sign at once\n',
        ],
      );
      const now = await rotate('--now');
      assert.deepEqual([now.code, now.stdout], [0, `${kid} was announced already: it signs now\n`]);
      assert.match(now.stderr, /^warning: APIs that cached the JWKS before [^\n]+Z refuse its tokens/);
      assert.deepEqual(await states(), ['retired', 'signing']);
      const another = await rotate('--now');
      assert.match(another.stdout, /^announced \S+: it signs now\n$/);
      assert.deepEqual(await states(), ['retired', 'retired', 'signing']);
      const events = (await workplace.json('audit', 'list', '--since', '1h')) as {
        type: string;
        actor: { kind: string };
      }[];
      assert.deepEqual(
        events.flatMap(({ type, actor }) => (type.startsWith('key.') ? `${type} by ${actor.kind}` : [])),
        [
          'key.announced by operator',
          'key.promoted by operator',
          'key.announced by operator',
          'key.announced by system',
        ],
      );
      await workplace.refuses(
        ['keys', 'rotate', '--now', '--when-adopted'],
        2,
        /--now' cannot be used with option '--when-adopted'/,
      );
    });

    it('rotate at once, each time, in the conformance profile', async () => {
      writeFileSync(join(workplace.directory, 'profile.yaml'), 'profile: conformance\n');
      const kids = new Set<string>();
      for (let run = 0; run < 2; run += 1) {
        const { stdout } = await workplace.run(['--config', 'profile.yaml', 'keys', 'rotate']);
        const [, kid = stdout] = /^announced (\S+): it signs now\n$/.exec(stdout) ?? [];
        kids.add(kid);
      }
      const keys = (await workplace.json('keys', 'list')) as { kid: string; state: string }[];
      assert.deepEqual(
        keys.filter(({ kid }) => kids.has(kid)).map(({ state }) => state),
        ['retired', 'signing'],
      );
    });

    it('take a KID that begins with a hyphen', async () => {
      await workplace.refuses(
        ['keys', 'retire', '-abc', '--now'],
        1,
        /there is no key -abc; signet keys list shows them/,
      );
    });

    it('shows the content of a token with dates, and that it was not checked', async () => {
      const claims = { exp: 1_700_000_000, sub: 'a\u009b31m' };
      const { stdout } = await workplace.run(['token', 'decode', new UnsecuredJWT(claims).encode()]);
      assert.match(stdout, /"alg": "none"[\s\S]*"sub": "a\\u009b31m"[\s\S]*exp {2}2023-11-14T22:13:20Z/);
      assert.match(stdout, /The signature was not checked/);
    });

    it('fails for an invalid token', async () => {
      const token = new UnsecuredJWT({}).encode();
      await workplace.refuses(
        ['token', 'verify', '--local'],
        1,
        /^error: the token is not valid: [^\n]+\n$/,
        `Bearer ${token}\n`,
      );
    });
  });

  it('a store that cannot be opened is reported in one sentence', async () => {
    writeFileSync(join(workplace.directory, 'notes.txt'), 'x'.repeat(5000));
    const { code, stderr } = await workplace.run(['user', 'list'], {
      env: { SIGNET_STORE: 'sqlite:notes.txt' },
    });
    assert.equal(code, 1);
    assert.match(stderr, /^error: notes\.txt is not an SQLite database[^\n]*\n$/);
  });

  it('help exits with 0, a missing command with 2', async () => {
    const help = await workplace.run(['help', 'user']);
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /set-password .*\n[\s\S]*Examples:/);
    await workplace.refuses([], 2, /^Usage: signet/);
    await workplace.refuses(['user', 'lst'], 2, /unknown command 'lst'\n\(Did you mean list\?\)/);
    await workplace.refuses(['--confg', 'x', 'user'], 2, /Did you mean --config\?/);
  });

  it('a reader that closes the pipe is not a failure', async () => {
    const child = workplace.start(['config', 'schema']);
    child.stdout?.destroy();
    assert.equal((await finish(child)).stderr, '');
  });
});
