import assert from 'node:assert/strict';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { type AuthorizationRequest, authorizationRequest, signIn, token, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';
import { request, toEngine } from './introspection-parties.ts';

const SECRET = 'a-secret: with % and + of-more-than-32-characters';
const MAIL = 'https://mail.example';
const PLAIN = 'https://plain.example';
const api = (audience: string, scope: string, more = {}) => ({
  audience,
  name: audience,
  scopes: { [scope]: `Use ${scope}` },
  introspectionClients: ['mail-server'],
  ...more,
});

describe('type and claims of access tokens, per API', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({
      signingAlgorithms: ['ES256'],
      apis: [
        api(MAIL, 'mail', {
          accessTokenType: 'JWT',
          accessTokenClaims: ['groups', 'email', 'preferred_username', 'department', 'absent'],
        }),
        api(PLAIN, 'plain', { signingAlgorithm: 'ES256' }),
      ],
      clients: [
        {
          client_id: 'app',
          client_secret: SECRET,
          redirect_uris: [WEB.redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid profile email mail plain',
        },
        {
          client_id: 'narrow',
          client_secret: SECRET,
          redirect_uris: [WEB.redirectUri],
          scope: 'openid plain',
        },
        { client_id: 'job', client_secret: SECRET, grant_types: ['client_credentials'], scope: 'mail plain' },
        { client_id: 'mail-server', client_secret: SECRET, grant_types: [] },
      ],
    });
    operator = await operate(server);
    const account = await operator.accounts.findByUsername(DEMO_ACCOUNT.username);
    await operator.accounts.changeClaims(String(account?.id), {
      groups: ['staff'],
      department: 'post',
      preferred_username: 'Alice L.',
    });
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const client = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });
  const start = async (scope: string, id = 'app') =>
    (await signIn(server.issuer, { client: client(id), parameters: { scope } })).tokens;
  const job = async (scope: string, headers?: Record<string, string>) => {
    const parts = request({ grant_type: 'client_credentials', scope }, 'job', headers);
    const response = await fetch(`${server.issuer}/token`, { method: 'POST', ...parts });
    return ((await response.json()) as { access_token: string }).access_token;
  };
  /** @returns the response, which is the same on both paths */
  const introspect = async (value: string, id: string): Promise<Record<string, unknown>> => {
    const plain = request({ token: value }, id);
    const [short, engine] = await Promise.all(
      [plain, toEngine(plain)].map(async (each) =>
        (await fetch(`${server.issuer}/introspect`, { method: 'POST', ...each })).text(),
      ),
    );
    assert.equal(short, engine);
    return JSON.parse(String(short)) as Record<string, unknown>;
  };

  const PERSON = {
    groups: ['staff'],
    email: DEMO_ACCOUNT.claims.email,
    preferred_username: 'Alice L.',
    department: 'post',
  };
  const claimsIn = (claims: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(claims).filter(([name]) => Object.hasOwn(PERSON, name)));

  it('a person: claims of the API in its order, and the type of the API, from code and refresh', async () => {
    const tokens = await start('openid mail');
    const { body: refreshed } = await token(
      server.issuer,
      { grant_type: 'refresh_token', refresh_token: String(tokens.refresh_token) },
      client('app'),
    );
    for (const { access_token: value } of [tokens, refreshed]) {
      const claims = decodeJwt(value);
      assert.deepEqual(claimsIn(claims), PERSON);
      assert.equal('absent' in claims, false);
      assert.equal('username' in claims, false);
      assert.equal(decodeProtectedHeader(value).typ, 'JWT');
    }
  });

  it('an API that declares none: as before', async () => {
    const { access_token: value } = await start('openid profile email plain');
    assert.deepEqual(claimsIn(decodeJwt(value)), {});
    assert.equal(decodeProtectedHeader(value).typ, 'at+jwt');
  });

  it('a machine: the type of the API and no claims, on the short path and the engine', async () => {
    for (const headers of [undefined, { 'Unknown-Header': '1' }]) {
      const [mail, plain] = [await job('mail', headers), await job('plain', headers)];
      assert.deepEqual(decodeProtectedHeader(mail), { ...decodeProtectedHeader(mail), typ: 'JWT' });
      assert.equal(decodeProtectedHeader(plain).typ, 'at+jwt');
      assert.deepEqual(claimsIn(decodeJwt(mail)), {});
      const { active, username, aud } = await introspect(mail, 'mail-server');
      assert.deepEqual({ active, username, aud }, { active: true, username: undefined, aud: MAIL });
    }
  });

  it('introspection: aud, the same claims, and to the API the name that the person signs in with', async () => {
    const { access_token: value } = await start('openid mail');
    const answer = await introspect(value, 'mail-server');
    assert.deepEqual(claimsIn(answer), PERSON);
    assert.equal(answer.username, 'alice');
    assert.deepEqual(answer.aud, [MAIL, `${server.issuer}/userinfo`]);
    const { access_token: plain } = await start('openid plain');
    assert.equal((await introspect(plain, 'mail-server')).username, 'alice');
  });

  it('introspection by the client itself: its username with the scope profile only', async () => {
    const { access_token: without } = await start('openid plain', 'narrow');
    assert.equal('username' in (await introspect(without, 'narrow')), false);
    assert.equal((await introspect(without, 'mail-server')).username, 'alice');
    const { access_token: withProfile } = await start('openid profile plain');
    assert.equal((await introspect(withProfile, 'app')).username, 'alice');
  });

  it('introspection of opaque tokens: username with the scope profile, aud of access tokens', async () => {
    const seen = async (scope: string) => {
      const { access_token: access, refresh_token: refresh } = await start(scope);
      const answers = [await introspect(access, 'app'), await introspect(String(refresh), 'app')];
      return answers.map(({ username, aud }) => ({ username, aud }));
    };
    const aud = `${server.issuer}/userinfo`;
    assert.deepEqual(await seen('openid profile'), [
      { username: 'alice', aud },
      { username: 'alice', aud: undefined },
    ]);
    assert.deepEqual(await seen('openid email'), [
      { username: undefined, aud },
      { username: undefined, aud: undefined },
    ]);
  });

  it('the consent page says what the API gets to know', async () => {
    const page = async (scope: string) => {
      const agent = new UserAgent();
      const { url }: AuthorizationRequest = authorizationRequest(server.issuer, {
        client_id: 'app',
        scope,
        prompt: 'consent',
      });
      const login = await agent.follow(url);
      const consent = await agent.submit(
        { url: login.url, html: await login.response.text() },
        { login: DEMO_ACCOUNT.username, password: DEMO_ACCOUNT.password },
      );
      return [...(await consent.response.text()).matchAll(/<li data-scope="[^"]*">([^<]*)</g)].map(
        ([, text]) => text,
      );
    };
    assert.deepEqual(await page('openid mail'), [
      'Use mail',
      'Know about you: groups, email address, username, department, absent',
    ]);
    assert.deepEqual(await page('openid plain'), ['Use plain']);
  });
});
