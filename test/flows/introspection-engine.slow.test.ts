import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { withClock } from '../support/clock.ts';
import { basic, signIn, token, type TokenResponse } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { loggedOf, responseOf, traceIdOf } from './engine-comparison.ts';
import { APIS, client, CLIENTS, HINTS, ORDERS, request, toEngine } from './introspection-parties.ts';

/** In the short form each token has one of the hints, the next token the next one. */
const HINTS_OF_TOKEN = LONG ? HINTS.length : 1;

const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

/** Plain introspection requests are answered in front of the engine. Left to the engine, the same request has the same response. */
describe('the short path of introspection and the engine describe in the same way', () => {
  let server: TestServer;
  let operator: Operator;
  let accountId: string;
  let hints = 0;

  before(async () => {
    server = await startTestServer({ signingAlgorithms: ['ES256'], apis: APIS, clients: CLIENTS });
    operator = await operate(server);
    accountId = (await operator.accounts.findByUsername(DEMO_ACCOUNT.username))?.id ?? '';
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  /** @returns the response, which is the same on both paths and with each hint */
  async function described(value: string, id = 'app'): Promise<Record<string, unknown>> {
    const seen = new Set<string>();
    for (let count = 0; count < HINTS_OF_TOKEN; count += 1) {
      const hint = HINTS[hints++ % HINTS.length];
      const plain = request({ token: value, ...hint }, id);
      for (const each of [plain, toEngine(plain)]) {
        const response = await fetch(`${server.issuer}/introspect`, { method: 'POST', ...each });
        const { status, headers, text } = await responseOf(response);
        assert.equal(status, 200, text);
        seen.add(JSON.stringify({ headers, text, logged: loggedOf(server, traceIdOf(response)) }));
      }
    }
    assert.equal(seen.size, 1, [...seen].join('\n'));
    return JSON.parse((JSON.parse([...seen].join()) as { text: string }).text) as Record<string, unknown>;
  }

  async function assertInactive(value: string | undefined, id?: string): Promise<void> {
    assert.deepEqual(await described(String(value), id), { active: false });
  }

  async function assertActive(value: string | undefined, id?: string): Promise<void> {
    assert.equal((await described(String(value), id)).active, true);
  }

  const start = async (parameters: Record<string, string> = {}): Promise<TokenResponse> =>
    (await signIn(server.issuer, { client: client('app'), parameters })).tokens;
  const refresh = async ({ refresh_token = '' }: TokenResponse): Promise<TokenResponse> =>
    (await token(server.issuer, { grant_type: 'refresh_token', refresh_token }, client('app'))).body;
  const revoke = async (value: string | undefined) =>
    await fetch(`${server.issuer}/revoke`, {
      method: 'POST',
      headers: { Authorization: basic(client('app')) },
      body: new URLSearchParams({ token: String(value) }),
    });
  const tokensOf = async (): Promise<(string | undefined)[]> => {
    const [offline, online, api] = [
      await start(OFFLINE),
      await start(),
      await start({ scope: 'openid orders:read' }),
    ];
    return [offline, online, api].flatMap((each) => [each.access_token, each.refresh_token]);
  };

  it('access and refresh tokens, with their members in one order', async () => {
    const { access_token: access, refresh_token: refreshToken } = await start(OFFLINE);
    const members = ['active', 'sub', 'client_id', 'exp', 'iat', 'sid', 'iss'];
    const ofAccess = await described(access);
    assert.deepEqual(Object.keys(ofAccess), [...members, 'aud', 'scope', 'token_type']);
    assert.equal(ofAccess.sub, accountId);
    assert.equal(ofAccess.scope, 'openid offline_access');
    assert.equal(ofAccess.token_type, 'Bearer');
    assert.deepEqual(Object.keys(await described(String(refreshToken))), [...members, 'scope']);
  });

  it('tokens that end with a session', async () => {
    const { access_token: access, refresh_token: refreshToken } = await start();
    await assertActive(access);
    await assertActive(refreshToken);
  });

  it('JWTs of a person and of a machine, to their client and the clients of the API', async () => {
    const person = (await start({ scope: 'openid profile orders:read' })).access_token;
    const grant = { grant_type: 'client_credentials' };
    const machine = (await token(server.issuer, grant, client('machine'))).body.access_token;
    for (const [value, owner, audience] of [
      [person, 'app', [ORDERS, `${server.issuer}/userinfo`]],
      [machine, 'machine', ORDERS],
    ] as const) {
      assert.deepEqual((await described(value, owner)).aud, audience);
      assert.deepEqual(await described(value, owner), await described(value, 'orders-api'));
      await assertInactive(value, 'stranger');
    }
    await revoke(person);
    await assertInactive(person);
  });

  it('tokens of another client, and values that are no tokens', async () => {
    for (const value of await tokensOf()) await assertInactive(value, 'stranger');
    const { access_token: jwt } = await start({ scope: 'openid orders:read' });
    for (const value of [
      'x',
      'x'.repeat(43),
      'x'.repeat(50_000),
      ' ',
      '\0',
      'a\nb',
      'é\u{1F511}',
      '..',
      'a.b.c',
      '....',
      '.'.repeat(10_000),
      'eyJhbGciOiJub25lIn0.e30.',
      'eyJhbGciOiJkaXIifQ..a.b.c',
      `${jwt}x`,
      `${jwt}.`,
      ` ${jwt}`,
      jwt.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
      jwt.split('.').slice(0, 2).join('.'),
      '__proto__',
      'constructor',
    ]) {
      await assertInactive(value);
    }
  });

  it('a refresh token that was used, within the replay window and after it, and its successor', async () => {
    await withClock(async (clock) => {
      const first = await start(OFFLINE);
      const second = await refresh(first);
      await assertInactive(first.refresh_token);
      await assertActive(first.access_token);
      await assertActive(second.refresh_token);
      await assertActive(second.access_token);
      clock.advance(server.config.lifetimes.refreshReplayWindow + 1);
      await assertInactive(first.refresh_token);
      await assertActive(second.refresh_token);
      await refresh(first);
      await assertInactive(second.refresh_token);
      await assertInactive(second.access_token);
    });
  });

  it('tokens on both sides of their end, and of their session', async () => {
    const { accessToken, refreshToken, session } = server.config.lifetimes;
    await withClock(async (clock) => {
      const offline = await start(OFFLINE);
      const online = await start();
      const jwt = (await start({ scope: 'openid orders:read' })).access_token;
      const elapsed = async (to: number, from: number, value: string | undefined, isActive: boolean) => {
        clock.advance(to - from);
        await (isActive ? assertActive : assertInactive)(value);
      };
      await elapsed(119, 0, jwt, true);
      // Times of JWTs have five seconds of leeway.
      await elapsed(126, 119, jwt, false);
      await elapsed(accessToken - 1, 126, offline.access_token, true);
      for (const late of [0, 1, 2, 3, 4, 5, 6]) {
        await elapsed(accessToken + late, accessToken + late - 1, offline.access_token, false);
      }
      await assertActive(online.refresh_token);
      clock.advance(session);
      await assertInactive(online.refresh_token);
      await assertActive(offline.refresh_token);
      clock.advance(refreshToken);
      await assertInactive(offline.refresh_token);
    });
  });

  for (const [ending, end] of Object.entries<() => Promise<unknown>>({
    'the account is disabled': () => operator.accounts.disable(accountId),
    'the account has another password': () => operator.accounts.setPassword(accountId, DEMO_ACCOUNT.password),
    'the account is signed out': () => operator.accounts.signOut(accountId),
    'consent is withdrawn': () => operator.consents.withdraw(accountId, 'app'),
  })) {
    it(`all tokens when ${ending}`, async () => {
      const values = await tokensOf();
      for (const value of values) await assertActive(value);
      await end();
      for (const value of values) await assertInactive(value);
      await operator.accounts.enable(accountId);
      for (const value of values) await assertInactive(value);
    });
  }

  it('tokens whose session was ended', async () => {
    const [online, offline] = [await start(), await start(OFFLINE)];
    const { sessions } = await operator.sessions.list(accountId, { limit: 50 });
    for (const { handle } of sessions) await operator.sessions.end(accountId, handle);
    for (const each of [online, offline]) {
      await assertInactive(each.access_token);
      await assertInactive(each.refresh_token);
    }
  });

  it('tokens that were revoked, with their grant', async () => {
    for (const kind of ['access_token', 'refresh_token'] as const) {
      const first = await start(OFFLINE);
      const second = await refresh(first);
      await revoke(second[kind]);
      for (const { access_token: access, refresh_token: refreshToken } of [first, second]) {
        await assertInactive(access);
        await assertInactive(refreshToken);
      }
    }
  });

  it('tokens of a client that was removed and added again', async () => {
    const metadata = {
      client_id: 'added',
      redirect_uris: [client('app').redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid offline_access',
    };
    await withClock(async (clock) => {
      const add = () => operator.clients.add(metadata, { secret: client('app').secret });
      await add();
      const { tokens } = await signIn(server.issuer, { client: client('added'), parameters: OFFLINE });
      await assertActive(tokens.access_token, 'added');
      await operator.clients.remove('added');
      await add();
      clock.advance(2);
      await assertInactive(tokens.access_token, 'added');
      await assertInactive(tokens.refresh_token, 'added');
    });
  });
});
