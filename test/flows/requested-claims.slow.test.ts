import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { issuerUrl } from '../../src/config/issuer.ts';
import { authorizationRequest, redeem, token, type TokenResponse, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const PERSON = { username: 'dodo', password: 'the-caucus-race' };
const CLAIMS = { name: 'Dodo', phone_number: '+15551234567', phone_number_verified: true, gender: 'bird' };

describe('the claims parameter (OpenID Connect Core §5.5)', () => {
  let server: TestServer;
  let operator: Operator;
  let accountId: string;
  before(async () => {
    const client = {
      client_secret: SECRET,
      redirect_uris: [WEB.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile phone offline_access messages:read',
    };
    server = await startTestServer({
      clients: [
        { ...client, client_id: 'web' },
        { ...client, client_id: 'userinfo', id_token_claims: false },
        { ...client, client_id: 'own', first_party: true },
        { ...client, client_id: 'narrow', scope: 'openid' },
        { ...client, client_id: 'losing' },
      ],
    });
    operator = await operate(server);
    accountId = (await operator.accounts.add({ ...PERSON, claims: CLAIMS })).id;
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });
  beforeEach(async () => {
    for (const { clientId } of (await operator.consents.list(accountId, { limit: 9 })).consents)
      await operator.consents.withdraw(accountId, clientId);
  });

  interface Outcome {
    /** What the consent page listed; undefined where there was none. */
    shown: string[] | undefined;
    tokens: TokenResponse;
    idToken: Record<string, unknown>;
    userinfo: Record<string, unknown>;
  }

  async function authorize(
    clientId: string,
    claims: unknown,
    { agent = new UserAgent(), ...parameters }: { agent?: UserAgent; [parameter: string]: unknown } = {},
  ): Promise<Outcome> {
    const client = { id: clientId, secret: SECRET, redirectUri: WEB.redirectUri };
    const request = authorizationRequest(server.issuer, {
      client_id: clientId,
      scope: 'openid',
      ...(claims !== undefined && { claims: JSON.stringify(claims) }),
      ...(parameters as Record<string, string>),
    });
    let shown: string[] | undefined;
    let { response, url } = await agent.follow(request.url);
    while (url.origin === request.url.origin) {
      const html = await response.text();
      const isSignIn = html.includes('id="password"');
      if (!isSignIn) shown = [...html.matchAll(/<li data-scope[^>]*>([^<]*)</g)].map(([, text = '']) => text);
      const fields = isSignIn ? { login: PERSON.username, password: PERSON.password } : {};
      ({ response, url } = await agent.submit({ url, html }, fields));
    }
    const { body: tokens } = await redeem(
      server.issuer,
      url.searchParams.get('code') ?? url.href,
      request,
      client,
    );
    return { shown, tokens, ...(await claimsOf(tokens)) };
  }

  async function claimsOf({ id_token, access_token }: TokenResponse) {
    const answer = await fetch(issuerUrl(server.issuer, '/userinfo'), {
      headers: { Authorization: `Bearer ${access_token}` },
    });
    const { sub, ...userinfo } = (await answer.json()) as Record<string, unknown>;
    assert.equal(sub, accountId);
    const all = decodeJwt(String(id_token));
    const names = Object.keys(all).filter((name) => name in CLAIMS || ['acr', 'amr', 'email'].includes(name));
    return { userinfo, idToken: Object.fromEntries(names.map((name) => [name, all[name]])) };
  }

  it('grants single claims for each token, with consent that lists them and is asked for once', async () => {
    const claims = { userinfo: { phone_number: { essential: true } }, id_token: { name: null } };
    const agent = new UserAgent();
    const first = await authorize('web', claims, { agent });
    assert.deepEqual(first.shown, ['See your name', 'See your phone number']);
    assert.deepEqual(first.userinfo, { phone_number: CLAIMS.phone_number });
    assert.deepEqual(first.idToken, { name: 'Dodo' });
    // In this session, by the grant, and in another one, by the remembered consent.
    for (const again of [await authorize('web', claims, { agent }), await authorize('web', claims)]) {
      assert.equal(again.shown, undefined);
      assert.deepEqual([again.userinfo, again.idToken], [first.userinfo, first.idToken]);
    }
    const { consents } = await operator.consents.list(accountId, { limit: 1 });
    assert.deepEqual(consents[0]?.claims, ['name', 'phone_number']);
    const silent = authorizationRequest(server.issuer, {
      client_id: 'web',
      scope: 'openid',
      claims: '{"userinfo":{"gender":null}}',
      prompt: 'none',
    });
    const { url } = await agent.follow(silent.url);
    assert.equal(url.searchParams.get('error'), 'consent_required');
    const more = await authorize('web', { userinfo: { name: null, gender: null } });
    assert.deepEqual(
      [more.shown, more.userinfo],
      [['See your name', 'See your gender'], { name: 'Dodo', gender: 'bird' }],
    );
  });

  it('keeps them at a refresh', async () => {
    const { tokens } = await authorize('web', { userinfo: { name: null }, id_token: { gender: null } });
    const client = { id: 'web', secret: SECRET };
    const { refresh_token = '' } = tokens;
    const { body } = await token(server.issuer, { grant_type: 'refresh_token', refresh_token }, client);
    assert.deepEqual(await claimsOf(body), { userinfo: { name: 'Dodo' }, idToken: { gender: 'bird' } });
  });

  it('asks for nothing that a requested or granted scope opens', async () => {
    const agent = new UserAgent();
    const claims = { id_token: { name: { essential: true } } };
    const first = await authorize('userinfo', claims, { agent, scope: 'openid profile' });
    assert.deepEqual(first.shown, ['See your name, username, picture and other profile details']);
    assert.deepEqual(first.idToken, { name: 'Dodo' });
    const later = await authorize('userinfo', { id_token: { gender: null } }, { agent });
    assert.deepEqual([later.shown, later.idToken], [undefined, { gender: 'bird' }]);
  });

  it('needs no consent for a first-party client', async () => {
    const { shown, userinfo } = await authorize('own', { userinfo: { phone_number: null } });
    assert.deepEqual([shown, userinfo], [undefined, { phone_number: CLAIMS.phone_number }]);
  });

  it('ignores claims that no scope of the client opens, and unknown names and members', async () => {
    const claims = {
      userinfo: { email: { essential: true }, department: null, 'name#de': null },
      id_token: { address: null, given_name: { essential: true, purpose: 'x' } },
      verified: 1,
    };
    const { shown, userinfo, idToken } = await authorize('narrow', claims);
    assert.deepEqual([shown, userinfo, idToken], [[], {}, {}]);
    assert.deepEqual((await authorize('web', claims)).shown, ['See your given name']);
  });

  it('returns the true value of a claim for which another one is requested', async () => {
    const { userinfo } = await authorize('own', {
      userinfo: { name: { value: 'Alice' }, gender: { values: ['x'] } },
    });
    assert.deepEqual(userinfo, { name: 'Dodo', gender: 'bird' });
  });

  it('leaves access tokens for an API as they are', async () => {
    const { tokens } = await authorize(
      'own',
      { userinfo: { name: null } },
      { scope: 'openid messages:read' },
    );
    const names = Object.keys(decodeJwt(tokens.access_token)).toSorted();
    assert.deepEqual(
      names.filter((name) => name in CLAIMS),
      [],
    );
    assert.deepEqual((await claimsOf(tokens)).userinfo, { name: 'Dodo' });
  });

  it('ends with the scope of the client that opens them', async () => {
    const claims = { userinfo: { name: null, phone_number: null } };
    const { tokens } = await authorize('losing', claims);
    const { clients } = server.config;
    for (const client of clients) if (client.client_id === 'losing') client.scope = 'openid phone';
    await server.restart();
    assert.deepEqual((await claimsOf(tokens)).userinfo, { phone_number: CLAIMS.phone_number });
    const again = await authorize('losing', claims);
    assert.deepEqual([again.shown, again.userinfo], [undefined, { phone_number: CLAIMS.phone_number }]);
  });

  it('works with a pushed request', async () => {
    const { verifier, url } = authorizationRequest(server.issuer, {
      client_id: 'own',
      scope: 'openid',
      claims: '{"userinfo":{"name":null,"email":null}}',
    });
    const pushed = await fetch(issuerUrl(server.issuer, '/par'), {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`own:${SECRET}`)}` },
      body: url.searchParams,
    });
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const agent = new UserAgent();
    const start = issuerUrl(
      server.issuer,
      `/authorize?client_id=own&request_uri=${encodeURIComponent(request_uri)}`,
    );
    const page = await agent.follow(start);
    const html = await page.response.text();
    const fields = { login: PERSON.username, password: PERSON.password };
    const { url: answer } = await agent.submit({ url: page.url, html }, fields);
    const client = { id: 'own', secret: SECRET, redirectUri: WEB.redirectUri };
    const code = String(answer.searchParams.get('code'));
    const { body } = await redeem(server.issuer, code, { verifier, url, state: '', nonce: '' }, client);
    assert.deepEqual((await claimsOf(body)).userinfo, { name: 'Dodo' });
  });

  it('is announced with every claim', async () => {
    const answer = await fetch(issuerUrl(server.issuer, '/.well-known/openid-configuration'));
    const metadata = (await answer.json()) as Record<string, unknown>;
    assert.equal(metadata.claims_parameter_supported, true);
    const claims = metadata.claims_supported as string[];
    assert.deepEqual(
      claims.toSorted(),
      (
        'sub name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate ' +
        'zoneinfo locale updated_at email email_verified address phone_number phone_number_verified groups ' +
        'acr amr auth_time iss sid'
      )
        .split(' ')
        .toSorted(),
    );
  });
});
