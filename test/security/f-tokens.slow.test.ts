import assert from 'node:assert/strict';
import { API, basic, MACHINE, signIn, token, type TokenResponse, WEB } from '../support/flow.ts';
import { formAnswer, postForm } from './support/post-form.ts';
import { newFamily, refresh } from './support/refresh.ts';
import { row } from './support/row.ts';
import { useSampleApi } from './support/sample-api.ts';
import { useStage } from './support/stage.ts';

const TWO = { id: 'two', secret: 'two-secret-of-more-than-32-characters' };
const FOR_API = { scope: 'openid offline_access messages:read', resource: API };

describe('F: revocation, introspection, ended accounts', () => {
  const stage = useStage({
    lifetimes: { refreshToken: '10d', refreshTokenFamily: '20d' },
    clients: [
      { client_id: TWO.id, client_secret: TWO.secret, redirect_uris: [WEB.redirectUri] },
      { client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: ['https://app.example/cb'] },
    ],
  });
  const api = useSampleApi(stage);

  const post = (path: string, value: string, client: { id: string; secret: string } = WEB, more = {}) =>
    fetch(stage.issuer + path, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: new URLSearchParams({ token: value, ...more }),
    });
  const revoke = async (value: string, client: { id: string; secret: string } = WEB) =>
    (await post('/revoke', value, client)).status;
  const introspect = async (value: string, client = WEB as { id: string; secret: string }, more = {}) =>
    JSON.stringify(await (await post('/introspect', value, client, more)).json());
  const isActive = async (value: string, client?: { id: string; secret: string }) =>
    (await introspect(value, client)).includes('"active":true');
  const machineToken = async () =>
    (await token(stage.issuer, { grant_type: 'client_credentials', scope: 'messages:read' }, MACHINE)).body
      .access_token;
  const INACTIVE = '{"active":false}';

  async function atApi(accessToken: string): Promise<number> {
    const headers = { Authorization: `Bearer ${accessToken}` };
    const response = await fetch(`http://127.0.0.1:${api.port}/messages`, { headers });
    await response.body?.cancel();
    return response.status;
  }
  /** Within five seconds. */
  async function assertRefusedSoon(accessToken: string): Promise<void> {
    await stage.advance(5);
    assert.equal(await atApi(accessToken), 401);
  }
  const atUserinfo = async (accessToken: string) =>
    (await fetch(`${stage.issuer}/userinfo`, { headers: { Authorization: `Bearer ${accessToken}` } })).status;

  row('F09', 'own refresh token, own access token, an invalid token', '200, 200, 200', async () => {
    const { tokens } = await signIn(stage.issuer);
    const other = await newFamily(stage);
    const seen = [
      await revoke(tokens.access_token),
      await revoke(other.refresh_token as string),
      await revoke('garbage'),
    ];
    assert.equal(await atUserinfo(tokens.access_token), 401);
    assert.equal(await atUserinfo(other.access_token), 401, 'with its refresh token goes the grant');
    assert.equal((await refresh(stage, other)).error, 'invalid_grant');
    return seen.join(', ');
  });
  row('F09', 'tokens of another client', 'still active', async () => {
    const tokens = await newFamily(stage);
    const machine = await machineToken();
    for (const value of [tokens.access_token, tokens.refresh_token as string, machine]) {
      for (const hint of ['access_token', 'refresh_token', 'nonsense']) {
        const { status } = await post('/revoke', value, TWO, { token_type_hint: hint });
        assert.equal(status, value === machine ? 400 : 200);
        await postForm(stage, `client_id=app&token=${value}`, { Authorization: undefined }, '/revoke');
      }
      assert.equal(await isActive(value, value === machine ? MACHINE : WEB), true);
    }
    return 'still active';
  });

  row('F11', 'invalid tokens, other JWTs, tokens of other clients', INACTIVE, async () => {
    const { tokens } = await signIn(stage.issuer);
    const family = await newFamily(stage);
    const [header = '', payload = ''] = (await machineToken()).split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    for (const value of [
      'garbage',
      'a.b.c',
      `${none}.${payload}.`,
      `${header}.${payload}.AAAA`,
      tokens.id_token as string,
      '__proto__',
      'x'.repeat(40_000),
    ])
      assert.equal(await introspect(value), INACTIVE, value.slice(0, 30));
    return await introspect(family.refresh_token as string, TWO);
  });
  row('F11', 'expired tokens', INACTIVE, async () => {
    const tokens = await newFamily(stage);
    const machine = await machineToken();
    assert.equal(await isActive(machine, MACHINE), true);
    await stage.advance(310);
    assert.equal(await introspect(tokens.access_token), INACTIVE);
    return await introspect(machine, MACHINE);
  });

  const body = 'token=x';
  row('F12', 'introspection without authentication', '400 invalid_request', () =>
    formAnswer(stage, body, { Authorization: undefined }, '/introspect'),
  );
  row('F12', 'a confidential client with its client_id only', '401 invalid_client', () =>
    formAnswer(stage, `${body}&client_id=${WEB.id}`, { Authorization: undefined }, '/introspect'),
  );
  row('F12', 'a public client with any token', '401 invalid_client ×3', async () => {
    const values = ['garbage', await machineToken(), (await newFamily(stage)).access_token];
    const seen = await Promise.all(
      values.map((value) =>
        formAnswer(stage, `client_id=app&token=${value}`, { Authorization: undefined }, '/introspect'),
      ),
    );
    assert.equal(new Set(seen).size, 1, seen.join());
    return `${seen[0]} ×${seen.length}`;
  });

  row(
    'F13',
    'introspection of a JWT access token, then its revocation',
    'active with its claims, then rejected within 5 s',
    async () => {
      const value = await machineToken();
      const claims = JSON.parse(await introspect(value, MACHINE)) as Record<string, unknown>;
      const { active, client_id: clientId, scope, aud, iss, token_type: type } = claims;
      assert.deepEqual(
        [active, clientId, scope, aud, iss, type],
        [true, MACHINE.id, 'messages:read', API, stage.issuer, 'Bearer'],
      );
      for (const name of ['grant_id', 'client_instance']) assert.ok(!(name in claims), name);
      assert.equal(await atApi(value), 200);
      assert.equal(await revoke(value, MACHINE), 200);
      assert.equal(await introspect(value, MACHINE), INACTIVE);
      await assertRefusedSoon(value);
      return 'active with its claims, then rejected within 5 s';
    },
  );
  row('F13', 'a revoked JWT with another encoding of its signature', 'inactive, 401', async () => {
    const value = await machineToken();
    await revoke(value, MACHINE);
    for (const other of [`${value}=`, ` ${value}`, value.replace(/.$/, (last) => nextInAlphabet(last))])
      assert.equal(await introspect(other, MACHINE), INACTIVE);
    const seen = await atApi(value.replace(/.$/, (last) => nextInAlphabet(last)));
    return `inactive, ${seen}`;
  });

  /** Functions that end the grant, account or client of a token. */
  const ends: Record<string, (tokens: TokenResponse) => Promise<unknown>> = {
    'its refresh token was revoked': (tokens) => revoke(tokens.refresh_token as string),
    'its refresh token came again after the window': async (tokens) => {
      await refresh(stage, tokens);
      await stage.advance(11);
      await refresh(stage, tokens);
    },
    'the account was disabled': async () => {
      const id = (await stage.operator.accounts.findByUsername('alice'))?.id as string;
      await stage.operator.accounts.disable(id);
    },
    'the password was changed': async () => {
      const id = (await stage.operator.accounts.findByUsername('alice'))?.id as string;
      await stage.operator.accounts.setPassword(id, 'wonderland-tea-party');
    },
  };
  for (const [what, end] of Object.entries(ends)) {
    row(
      what.startsWith('the ') ? 'F10' : 'F13',
      `a JWT when ${what}`,
      '401 at the API, refresh refused',
      async () => {
        const tokens = await newFamily(stage, FOR_API);
        const opaque = await newFamily(stage);
        assert.equal(await atApi(tokens.access_token), 200);
        await end(tokens);
        assert.equal((await refresh(stage, tokens)).error, 'invalid_grant');
        assert.equal(await introspect(tokens.access_token), INACTIVE);
        await assertRefusedSoon(tokens.access_token);
        if (what.startsWith('the ')) {
          assert.equal(await atUserinfo(opaque.access_token), 401);
          assert.equal((await refresh(stage, opaque)).error, 'invalid_grant');
          const id = (await stage.operator.accounts.findByUsername('alice'))?.id as string;
          await stage.operator.accounts.enable(id).catch(() => undefined);
        }
        return '401 at the API, refresh refused';
      },
    );
  }

  row('F07', 'a family that is refreshed daily', 'invalid_grant after 20 days', async () => {
    let tokens = await newFamily(stage);
    for (let day = 6; day <= 18; day += 6) {
      await stage.advance(6 * 86_400);
      tokens = await refresh(stage, tokens);
      assert.equal(tokens.error, undefined, `day ${day}`);
    }
    await stage.advance(2 * 86_400 + 10);
    return `${(await refresh(stage, tokens)).error} after 20 days`;
  });
});

/** The last character of a 256-byte signature has spare bits: the next letter means the same bytes. */
function nextInAlphabet(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(letter) + 1] as string;
}
