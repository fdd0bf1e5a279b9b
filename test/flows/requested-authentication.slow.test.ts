import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { issuerUrl } from '../../src/config/issuer.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, authorize, redeem, signIn, token, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const PASSWORD = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';
const ALICE = { username: 'first', password: 'curiouser-and-curiouser' };
const BILL = { username: 'second', password: 'out-of-the-chimney' };

type Parameters = Record<string, string | undefined>;

describe('the authentication that a request asks for', () => {
  let server: TestServer;
  let operator: Operator;
  const ids: Record<string, string> = {};
  before(async () => {
    const client = {
      client_secret: SECRET,
      redirect_uris: [WEB.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid',
      first_party: true,
    };
    server = await startTestServer({
      clients: [
        { ...client, client_id: 'app' },
        { ...client, client_id: 'default-acr', default_acr_values: [PASSWORD] },
        { ...client, client_id: 'default-age', default_max_age: 100 },
        { ...client, client_id: 'auth-time', require_auth_time: true },
        {
          ...client,
          client_id: 'languages',
          client_name: 'Shop',
          'client_name#de': 'Laden <b>',
          'client_name#fr-CA': 'Boutique',
          'tos_uri#de': 'https://app.example/agb',
        },
      ],
    });
    operator = await operate(server);
    for (const person of [ALICE, BILL])
      ids[person.username] = (await operator.accounts.add({ ...person, claims: {} })).id;
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const clientOf = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });

  async function idTokenOf(
    agent: UserAgent,
    parameters: Parameters,
    client = 'app',
    person = ALICE,
  ): Promise<Record<string, unknown>> {
    const options = {
      agent,
      parameters: { scope: 'openid', ...parameters },
      client: clientOf(client),
      person,
    };
    const { tokens } = await signIn(server.issuer, options);
    return decodeJwt(String(tokens.id_token));
  }

  /** `code`, the error, or the page that a request leads to. */
  async function answer(agent: UserAgent, parameters: Parameters, client = 'app'): Promise<string> {
    const request = authorizationRequest(server.issuer, {
      client_id: client,
      scope: 'openid',
      ...parameters,
    });
    const { response, url } = await agent.follow(request.url);
    if (url.origin !== request.url.origin) return url.searchParams.get('error') ?? 'code';
    return (await response.text()).includes('id="password"') ? 'sign-in' : `page ${response.status}`;
  }

  async function signedIn(person = ALICE): Promise<UserAgent> {
    const agent = new UserAgent();
    await authorize(
      agent,
      authorizationRequest(server.issuer, { client_id: 'app', scope: 'openid' }),
      person,
    );
    return agent;
  }

  const essential = (acr: object) => JSON.stringify({ id_token: { acr: { essential: true, ...acr } } });

  describe('acr', () => {
    it('is that of a password, with amr, when it is asked for in any way, also from the session', async () => {
      const agent = new UserAgent();
      const context = ({ acr, amr }: Record<string, unknown>) => [acr, amr];
      for (const parameters of [
        { acr_values: PASSWORD },
        { acr_values: `urn:example:gold ${PASSWORD}` },
        { acr_values: 'urn:example:gold' },
        { claims: '{"id_token":{"acr":null}}' },
        { claims: essential({ value: PASSWORD }) },
        { claims: essential({ values: ['urn:example:gold', PASSWORD] }) },
      ])
        assert.deepEqual(
          context(await idTokenOf(agent, parameters)),
          [PASSWORD, ['pwd']],
          JSON.stringify(parameters),
        );
      assert.deepEqual(context(await idTokenOf(agent, {}, 'default-acr')), [PASSWORD, ['pwd']]);
      assert.deepEqual(context(await idTokenOf(agent, {})), [undefined, undefined]);
    });

    it('survives a refresh', async () => {
      const { tokens } = await signIn(server.issuer, {
        client: clientOf('app'),
        parameters: { scope: 'openid', acr_values: 'x' },
        person: ALICE,
      });
      const { refresh_token = '' } = tokens;
      const { body } = await token(
        server.issuer,
        { grant_type: 'refresh_token', refresh_token },
        clientOf('app'),
      );
      assert.equal(decodeJwt(String(body.id_token)).acr, PASSWORD);
    });

    it('that is essential and out of reach is a failed authentication (Core §5.5.1.1), before a page', async () => {
      const agent = await signedIn();
      for (const acr of [
        { value: 'urn:example:gold' },
        { values: ['urn:example:gold', 'phrh'] },
        { values: [] },
      ]) {
        for (const browser of [agent, new UserAgent()]) {
          const parameters = { claims: essential(acr), acr_values: PASSWORD };
          assert.equal(await answer(browser, parameters), 'unmet_authentication_requirements');
        }
      }
      assert.equal(await answer(agent, { claims: essential({}) }), 'code');
    });

    it('is announced', async () => {
      const metadata = await fetch(issuerUrl(server.issuer, '/.well-known/openid-configuration'));
      const { acr_values_supported: values } = (await metadata.json()) as Record<string, unknown>;
      assert.deepEqual(values, [PASSWORD, 'https://refeds.org/profile/mfa', 'phr']);
    });
  });

  describe('the age of the sign-in', () => {
    it('of max_age and default_max_age is compared in seconds, and auth_time is in the ID token', async () => {
      await withClock(async (clock) => {
        const agent = await signedIn();
        const began = Math.floor(Date.now() / 1000);
        clock.advance(10);
        assert.equal(await answer(agent, { max_age: '10' }), 'code');
        assert.equal(await answer(agent, { max_age: '9' }), 'sign-in');
        assert.equal(await answer(agent, { max_age: '9', prompt: 'none' }), 'login_required');
        assert.equal((await idTokenOf(agent, { max_age: '1000' })).auth_time, began);
        assert.equal((await idTokenOf(agent, {})).auth_time, undefined);
        assert.equal((await idTokenOf(agent, {}, 'auth-time')).auth_time, began);
        assert.equal((await idTokenOf(agent, {}, 'default-age')).auth_time, began);
        clock.advance(91);
        assert.equal(await answer(agent, {}, 'default-age'), 'sign-in');
        assert.equal(await answer(agent, { max_age: '1000' }, 'default-age'), 'code');
        assert.equal((await idTokenOf(agent, {}, 'default-age')).auth_time, began + 101);
      });
    });

    it('of zero always needs a sign-in, in the same second too, like prompt=login', async () => {
      await withClock(async (clock) => {
        const agent = await signedIn();
        for (const parameters of [{ max_age: '0' }, { prompt: 'login' }]) {
          assert.equal(await answer(agent, parameters), 'sign-in');
          clock.advance(2);
          const { auth_time } = await idTokenOf(agent, parameters);
          assert.equal(auth_time, Math.floor(Date.now() / 1000));
        }
        assert.equal(await answer(agent, { max_age: '0', prompt: 'none' }), 'login_required');
      });
    });
  });

  describe('the subject', () => {
    it('of claims.sub must be the one that is signed in, or that signs in (Core §5.5.1)', async () => {
      const agent = await signedIn();
      for (const claims of [
        { id_token: { sub: { value: ids.first } } },
        { userinfo: { sub: { values: ['x', ids.first] } } },
      ]) {
        const parameters = { claims: JSON.stringify(claims) };
        assert.equal(await answer(agent, { ...parameters, prompt: 'none' }), 'code');
        const other = await signedIn(BILL);
        assert.equal(await answer(other, { ...parameters, prompt: 'none' }), 'login_required');
        assert.equal(await answer(other, parameters), 'sign-in');
        const request = authorizationRequest(server.issuer, {
          client_id: 'app',
          scope: 'openid',
          ...parameters,
        });
        assert.equal((await authorize(other, request, BILL)).searchParams.get('error'), 'login_required');
        assert.equal((await idTokenOf(other, parameters)).sub, ids.first);
      }
    });

    it('of id_token_hint with prompt=none must be the one that is signed in', async () => {
      const { tokens } = await signIn(server.issuer, {
        client: clientOf('app'),
        parameters: { scope: 'openid' },
        person: ALICE,
      });
      const parameters = { id_token_hint: tokens.id_token, prompt: 'none' };
      assert.equal(await answer(await signedIn(), parameters), 'code');
      assert.equal(await answer(await signedIn(BILL), parameters), 'login_required');
      assert.equal(await answer(new UserAgent(), parameters), 'login_required');
    });

    it('of id_token_hint is read from an ID token that has expired too', async () => {
      const person = ALICE;
      const request = authorizationRequest(server.issuer, { client_id: 'app', scope: 'openid' });
      const callback = await authorize(new UserAgent(), request, person);
      const { body } = await redeem(
        server.issuer,
        String(callback.searchParams.get('code')),
        request,
        clientOf('app'),
      );
      await withClock(async (clock) => {
        clock.advance(86_400);
        const agent = await signedIn();
        assert.equal(await answer(agent, { id_token_hint: body.id_token, prompt: 'none' }), 'code');
      });
    });
  });

  it('display, ui_locales and claims_locales are accepted with any value, unknown parameters too', async () => {
    const agent = await signedIn();
    for (const parameters of [
      ...['page', 'popup', 'touch', 'wap', 'hologram'].map((display) => ({ display })),
      { ui_locales: 'tlh x- de-CH fr', claims_locales: 'se 12' },
      { extra: 'foobar' },
    ])
      assert.equal(await answer(agent, parameters), 'code', JSON.stringify(parameters));
  });

  it('ui_locales, then the languages of the browser, choose what the pages show of the client', async () => {
    const page = async (uiLocales: string | undefined, languages: string): Promise<string> => {
      const request = authorizationRequest(server.issuer, { client_id: 'languages', ui_locales: uiLocales });
      const agent = new UserAgent();
      agent.headers['Accept-Language'] = languages;
      const { response } = await agent.follow(request.url);
      const html = await response.text();
      const [, name = html] = /<bdi>([^<]*)<\/bdi>/.exec(html) ?? [];
      assert.equal(html.includes('https://app.example/agb'), name.startsWith('Laden'));
      return name;
    };
    assert.equal(await page('tlh de-CH fr', 'fr-CA'), 'Laden &lt;b&gt;');
    assert.equal(await page(undefined, 'it, fr-CA;q=0.8, de;q=0.9'), 'Laden &lt;b&gt;');
    assert.equal(await page('tlh', 'fr-CA'), 'Boutique');
    assert.equal(await page('en', 'de'), 'Shop');
    assert.equal(await page(undefined, '*;;;,'), 'Shop');
  });

  it('login_hint fills the name into the sign-in page', async () => {
    const agent = new UserAgent();
    const request = authorizationRequest(server.issuer, {
      client_id: 'app',
      scope: 'openid',
      login_hint: 'a"b@c',
    });
    const { response } = await agent.follow(request.url);
    assert.match(await response.text(), /<input[^>]*name="login"[^>]*value="a&quot;b@c"/);
  });
});
