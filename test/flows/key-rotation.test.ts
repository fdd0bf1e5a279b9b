import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANNOUNCEMENT } from '../../src/signing/key-state.ts';
import { rotate, rotationSettings, withdraw } from '../../src/signing/rotation.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { openStore } from '../../src/store/open.ts';
import { API, authorizationRequest, MACHINE, signIn, token } from '../support/flow.ts';
import { withClock } from '../support/clock.ts';
import { decodeProtectedHeader, verifyJwt } from '../support/jwt.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('key rotation without a restart', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  const seconds = () => Math.floor(Date.now() / 1000);
  const issue = async () =>
    (await token(server.issuer, { grant_type: 'client_credentials', scope: 'messages:read' }, MACHINE)).body
      .access_token;
  const published = async () => {
    const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };

  it('R10 announces a key, signs with it later, and still verifies tokens of the old key', async () => {
    await withClock(async (clock) => {
      const { agent, tokens } = await signIn(server.issuer);
      const old = await issue();
      const { kid } = await rotate(keyFiles(server.config.keys), rotationSettings(server.config), seconds());
      await server.running.followKeys();
      assert.equal((await published()).length, 2);
      assert.notEqual(decodeProtectedHeader(await issue()).kid, kid);
      clock.advance(ANNOUNCEMENT);
      await server.running.followKeys();
      const fresh = await issue();
      assert.equal(decodeProtectedHeader(fresh).kid, kid);
      await verifyJwt(fresh, server.issuer, API);
      assert.ok((await published()).includes(decodeProtectedHeader(old).kid as string));
      const { url } = await agent.follow(
        authorizationRequest(server.issuer, { prompt: 'none', id_token_hint: tokens.id_token }).url,
      );
      assert.ok(url.searchParams.has('code'), 'the session and the hint signed with the old key still count');
    });
  });

  it('R10 withdraws a key at once', async () => {
    const signed = await issue();
    const kid = decodeProtectedHeader(signed).kid as string;
    const settings = rotationSettings(server.config);
    await withdraw(keyFiles(server.config.keys), kid, settings, seconds() + ANNOUNCEMENT);
    await withClock(async (clock) => {
      clock.advance(ANNOUNCEMENT);
      await server.running.followKeys();
      assert.ok(!(await published()).includes(kid));
      assert.notEqual(decodeProtectedHeader(await issue()).kid, kid);
      await assert.rejects(verifyJwt(signed, server.issuer, API));
    });
  });

  it('R11 keeps signing with the loaded keys while the source cannot be read', async () => {
    const [name] = readdirSync(server.config.keys);
    const path = join(server.config.keys, name as string);
    const content = readFileSync(path);
    writeFileSync(path, 'damaged');
    await server.running.followKeys();
    await verifyJwt(await issue(), server.issuer, API);
    assert.match(server.logged, /those in use stay/);
    writeFileSync(path, content);
  });

  it('records the scheduled rotation once, with the system as its actor', async () => {
    const other = await startTestServer();
    try {
      await withClock(async (clock) => {
        clock.advance(other.config.keyRotation);
        await Promise.all([other.running.followKeys(), other.running.followKeys()]);
        await other.running.followKeys();
        const keys = await keyFiles(other.config.keys).read();
        const announced = keys.find(({ signsFrom }) => signsFrom > seconds());
        await other.restart();
        const store = await openStore(other.config.store, { clock: Date.now });
        const events = await store.audit.list({ type: 'key.announced', limit: 9 });
        await store.close();
        assert.deepEqual(
          events.map(({ actor, detail }) => ({ actor, detail })),
          [{ actor: { kind: 'system' }, detail: { kid: announced?.kid, alg: 'RS256' } }],
        );
      });
    } finally {
      await other.stop();
    }
  });

  it('works with keys in the store, sealed with the master key', async () => {
    const other = await startTestServer({ keys: 'store', masterKey: randomBytes(32).toString('base64') });
    try {
      const { body } = await token(other.issuer, { grant_type: 'client_credentials' }, MACHINE);
      await verifyJwt(body.access_token, other.issuer, API);
    } finally {
      await other.stop();
    }
  });
});
