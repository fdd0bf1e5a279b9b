import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeKeys } from '../../src/signing/key-list.ts';
import { ANNOUNCEMENT } from '../../src/signing/key-state.ts';
import { rotate, rotationSettings } from '../../src/signing/rotation.ts';
import { openHsm } from '../../src/signing/signers/pkcs11/hsm.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { runHere } from '../cli/run-here.ts';
import { COMMAND } from '../cli/run-signet.ts';
import { withClock } from '../support/clock.ts';
import { API, basic, MACHINE, signIn, token as requestToken, WEB } from '../support/flow.ts';
import { decodeProtectedHeader, verifyJwt } from '../support/jwt.ts';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeToken, needSoftHsm, PIN, type TestToken } from '../support/softhsm.ts';

const run = promisify(execFile);

const seconds = () => Math.floor(Date.now() / 1000);

describe('Signing keys in an HSM (PKCS#11, SoftHSM2)', function () {
  this.timeout(60_000);
  let token: TestToken;
  before(async function () {
    await needSoftHsm(this);
    token = await makeToken();
  });
  after(() => token?.stop());

  /** The arguments and the environment of `signet` with the configuration of a server. */
  function commandOf({ config, directory }: TestServer, words: readonly string[]) {
    const { issuer, store, keys } = config;
    const path = join(directory, 'signet.json');
    const pinFile = join(directory, 'pin');
    const { uri, binding } = token.settings;
    writeFileSync(path, JSON.stringify({ issuer, store, keys, hsm: { uri, binding } }));
    writeFileSync(pinFile, `${PIN}\n`);
    return { args: ['--config', path, ...words], env: { SIGNET_HSM_PIN_FILE: pinFile } };
  }

  /** In a process of its own: at its end the command finalizes the library, which a server of this process uses. */
  async function signet(server: TestServer, ...words: string[]): Promise<string> {
    const { args, env } = commandOf(server, words);
    const { stdout } = await run(process.execPath, [COMMAND, ...args], { env: { ...process.env, ...env } });
    return stdout;
  }

  /** In this process: a command that does not use the HSM, or while no server does. */
  async function signetHere(server: TestServer, ...words: string[]): Promise<string> {
    const { args, env } = commandOf(server, words);
    const { code, stdout, stderr } = await runHere(server.directory, args, { env });
    assert.equal(code, 0, stderr);
    return stdout;
  }

  describe('of a server', () => {
    let server: TestServer;
    before(async () => {
      server = await startTestServer({ hsm: token.settings });
    });
    after(() => server?.stop());

    const issue = () =>
      requestToken(server.issuer, { grant_type: 'client_credentials', scope: 'messages:read' }, MACHINE);
    const kidOf = async () => decodeProtectedHeader((await issue()).body.access_token).kid as string;
    const described = () => describeKeys({ source: keyFiles(server.config.keys), clock: Date.now });

    it('are generated on the token, and the record has only the public half', async () => {
      const [key] = await described();
      assert.equal(key?.state, 'signing');
      assert.match(key?.hsmId ?? '', /^[0-9a-f]{32}$/);
      const texts = readdirSync(server.config.keys).map((name) =>
        readFileSync(join(server.config.keys, name), 'utf8'),
      );
      assert.equal(texts.length, 1);
      assert.ok(!texts.some((text) => /privateJwk|"d"/.test(text)));
    });

    it('sign access tokens of clients and of users, and ID tokens; jose verifies them with the JWKS', async () => {
      const { body } = await issue();
      assert.equal((await verifyJwt(body.access_token, server.issuer, API)).sub, MACHINE.id);
      const { tokens } = await signIn(server.issuer, {
        parameters: { scope: 'openid messages:read', resource: API },
      });
      await verifyJwt(tokens.access_token, server.issuer, API);
      await verifyJwt(tokens.id_token as string, server.issuer, WEB.id);
      const kid = (await described())[0]?.kid;
      for (const jwt of [body.access_token, tokens.access_token, tokens.id_token as string]) {
        assert.equal(decodeProtectedHeader(jwt).kid, kid);
      }
    });

    it('are withdrawn at once, and the HSM generates the next one; keys list shows their CKA_ID', async () => {
      const kid = await kidOf();
      // A thumbprint in base64url may begin with `-`, like an option.
      await signet(server, 'keys', 'retire', '--now', '--', kid);
      await server.running.followKeys();
      const next = await kidOf();
      assert.notEqual(next, kid);
      const list = await signetHere(server, 'keys', 'list');
      for (const key of await described()) {
        assert.match(list, new RegExp(`^${key.kid} .*${key.hsmId ?? 'no id'}`, 'm'));
      }
    });

    it('are announced, sign and retire like local keys', async () => {
      const old = (await issue()).body.access_token;
      await signet(server, 'keys', 'rotate');
      await withClock(async (clock) => {
        await server.running.followKeys();
        assert.equal(await kidOf(), decodeProtectedHeader(old).kid);
        clock.advance(ANNOUNCEMENT + 60);
        await server.running.followKeys();
        assert.notEqual(await kidOf(), decodeProtectedHeader(old).kid);
        assert.deepEqual(
          (await described()).map(({ state }) => state),
          ['gone', 'retired', 'signing'],
        );
      });
      await verifyJwt(old, server.issuer, API);
      assert.equal((await introspect(server.issuer, old)).active, true);
    });

    it('cause 503, an error in the log and no readiness while the token is removed; and recover when it is back', async () => {
      const from = server.logged.length;
      token.remove();
      const { response, body } = await issue();
      assert.equal(response.status, 503);
      assert.equal(response.headers.get('retry-after'), '1');
      assert.equal(body.error, 'temporarily_unavailable');
      await assert.rejects(server.running.ready(), /the HSM/);
      assert.equal((await fetch(`${server.issuer}/jwks`)).status, 200);
      const logged = server.logged.slice(from);
      assert.match(logged, /the HSM cannot be used: no tokens until it is back/);
      assert.match(logged, /CKR_/);
      token.putBack();
      await eventually('tokens are issued again', async () => (await issue()).response.status === 200);
      await server.running.ready();
      assert.match(server.logged.slice(from), /the HSM is back/);
    });

    it('survive a restart, and neither the log nor config print has the PIN', async () => {
      await server.running.followKeys();
      const kid = await kidOf();
      await server.restart();
      assert.equal(await kidOf(), kid);
      assert.ok(!server.logged.includes(PIN));
      const printed = await signetHere(server, 'config', 'print');
      assert.ok(printed.includes(token.uri) && !printed.includes(PIN));
    });
  });

  it('replace local keys by a rotation, whose tokens stay valid; and the reverse', async () => {
    const local = await startTestServer();
    const { directory, config, issuer } = local;
    const issued = async () =>
      (await requestToken(issuer, { grant_type: 'client_credentials', scope: 'messages:read' }, MACHINE)).body
        .access_token;
    const old = await issued();
    await local.running.close();
    await signetHere(local, 'keys', 'rotate');
    const server = await startTestServer({
      issuer,
      store: config.store,
      keys: config.keys,
      hsm: token.settings,
    });
    try {
      assert.equal(
        decodeProtectedHeader(await issued()).kid,
        decodeProtectedHeader(old).kid,
        'the local key still signs',
      );
      await withClock(async (clock) => {
        clock.advance(ANNOUNCEMENT + 60);
        await server.running.followKeys();
        const fresh = await issued();
        assert.notEqual(decodeProtectedHeader(fresh).kid, decodeProtectedHeader(old).kid);
        await verifyJwt(fresh, issuer, API);
        const back = await rotate(keyFiles(config.keys), rotationSettings(config), seconds());
        assert.ok('privateJwk' in back);
        clock.advance(ANNOUNCEMENT);
        await server.running.followKeys();
        assert.equal(decodeProtectedHeader(await issued()).kid, back.kid);
      });
    } finally {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });

  describe('prevent the start', () => {
    const start = (changes: object) => startTestServer({ hsm: { ...token.settings, ...changes } });
    const cases: [title: string, changes: () => object, sentence: RegExp][] = [
      ['with a wrong PIN', () => ({ pin: 'wrong-pin-4712' }), /CKR_PIN_INCORRECT.*the PIN is wrong/],
      [
        'without such a token',
        () => ({ uri: token.uri.replace('=signet', '=other') }),
        /no token matches hsm.uri; the library has "signet"/,
      ],
      [
        'without the library',
        () => ({ uri: token.uri.replace('libsofthsm2', 'none') }),
        /none\.so: cannot open/,
      ],
      [
        'without pkcs11js',
        () => ({ binding: '/nowhere/pkcs11js' }),
        /docs\/keys\.md describes its installation/,
      ],
    ];
    for (const [title, changes, sentence] of cases) {
      it(`${title}, with one sentence`, async () => {
        await assert.rejects(start(changes()), (error: Error) => {
          assert.equal(error.name, 'KeySourceError');
          assert.match(error.message, sentence);
          assert.doesNotMatch(error.message, /4711|4712|\n/);
          return true;
        });
      });
    }

    it('when the key is not on the token, or no HSM is configured', async () => {
      const server = await startTestServer({ hsm: token.settings });
      const { keys, store } = server.config;
      try {
        const [key] = await keyFiles(keys).read();
        await server.running.close();
        await assert.rejects(startTestServer({ keys, store }), /is in an HSM and hsm\.uri is not set/);
        const hsm = await openHsm({ settings: server.config.hsm });
        if (key !== undefined && 'hsmId' in key) await hsm.destroy(key.hsmId);
        await hsm.close();
        await assert.rejects(startTestServer({ keys, store, hsm: token.settings }), /is not on the token/);
      } finally {
        await server.stop().catch(() => undefined);
      }
    });
  });
});

async function introspect(issuer: string, jwt: string): Promise<{ active: boolean }> {
  const response = await fetch(`${issuer}/introspect`, {
    method: 'POST',
    headers: { authorization: basic(MACHINE) },
    body: new URLSearchParams({ token: jwt }),
  });
  return (await response.json()) as { active: boolean };
}
