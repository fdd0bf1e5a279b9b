import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import {
  type AuthorizationRequest,
  authorizationRequest,
  authorize,
  basic,
  redeem,
  signIn,
  WEB,
} from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, tokenAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ALICE = { login: DEMO_ACCOUNT.username, password: DEMO_ACCOUNT.password };
const HATTER = { username: 'hatter', password: 'no-room-no-room' };
const SECRET = 'a-secret-of-more-than-32-characters';
const LAX = { id: 'lax', secret: SECRET, redirectUri: WEB.redirectUri };
const OURS = { id: 'ours', secret: SECRET, redirectUri: WEB.redirectUri };
const LOOPBACK = 'http://127.0.0.1:5555/cb';

describe('A to C: changes between an authorization request and its response', () => {
  const registered = { client_secret: SECRET, redirect_uris: [WEB.redirectUri] };
  const stage = useStage({
    clients: [
      { ...registered, client_id: LAX.id, require_pkce: false },
      { ...registered, client_id: OURS.id, first_party: true },
      {
        client_id: 'native',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/cb'],
      },
    ],
  });
  before(() => stage.operator.accounts.add({ ...HATTER, claims: {} }));

  async function begin(agent: UserAgent, start: URL): Promise<{ url: URL; html: string }> {
    const { url, response } = await agent.follow(start);
    return { url, html: await response.text() };
  }

  /** The request that redeems the code of a response. */
  function fieldsFor(request: AuthorizationRequest, back: URL): Record<string, string> {
    return {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') as string,
      redirect_uri: request.url.searchParams.get('redirect_uri') as string,
      code_verifier: request.verifier,
    };
  }

  function claimsOf(idToken: string | undefined): { auth_time: number } {
    return JSON.parse(Buffer.from(idToken?.split('.')[1] ?? '', 'base64url').toString());
  }

  row('A09', 'a verifier for a request without a challenge', '400 invalid_grant', async () => {
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    const request = authorizationRequest(stage.issuer, { client_id: LAX.id, scope: 'openid', ...none });
    const back = await authorize(new UserAgent(), request);
    return await tokenAnswer(stage, fieldsFor(request, back), LAX);
  });

  row('A15', 'native: another port at /token, or none', '400 invalid_grant, 200 for its own', async () => {
    const of = { client_id: 'native', redirect_uri: LOOPBACK, scope: 'openid' };
    const request = authorizationRequest(stage.issuer, of);
    const fields = fieldsFor(request, await authorize(new UserAgent(), request));
    const at = async (uri: string): Promise<string> => {
      const body = new URLSearchParams({ ...fields, client_id: 'native', redirect_uri: uri });
      return await answer(stage, await fetch(`${stage.issuer}/token`, { method: 'POST', body }));
    };
    assert.equal(await at('http://127.0.0.1/cb'), '400 invalid_grant');
    return `${await at('http://127.0.0.1:5556/cb')}, ${await at(LOOPBACK)} for its own`;
  });

  row(
    'A02',
    'a code as refresh token, as bearer token, and at introspection',
    'no token, not consumed',
    async () => {
      const request = authorizationRequest(stage.issuer);
      const fields = fieldsFor(request, await authorize(new UserAgent(), request));
      const { code = '' } = fields;
      const refresh = { grant_type: 'refresh_token', refresh_token: code };
      assert.equal(await tokenAnswer(stage, refresh), '400 invalid_grant');
      const headers = { Authorization: `Bearer ${code}` };
      assert.equal((await fetch(`${stage.issuer}/userinfo`, { headers })).status, 401);
      const asked = await fetch(`${stage.issuer}/introspect`, {
        method: 'POST',
        headers: { Authorization: basic(WEB) },
        body: new URLSearchParams({ token: code }),
      });
      assert.deepEqual(await asked.json(), { active: false });
      assert.equal(await tokenAnswer(stage, fields), '200');
      return 'no token, not consumed';
    },
  );

  row('B14', 'a redirect URI that is removed during a sign-in', '400 page', async () => {
    const [gone, stays] = ['https://rp.example/gone', 'https://rp.example/stays'];
    const { clients } = stage.server.config;
    const changing = { ...registered, client_id: 'changing', first_party: true, scope: 'openid' };
    const register = (uris: string[]) =>
      stage.operator.clients.reconcile([...clients, { ...changing, redirect_uris: uris }]);
    await register([gone, stays]);
    const request = { client_id: changing.client_id, redirect_uri: gone, scope: 'openid' };
    const agents = [new UserAgent(), new UserAgent()] as const;
    const pages = await Promise.all(
      agents.map((agent) => begin(agent, authorizationRequest(stage.issuer, request).url)),
    );
    const [page, other] = pages as [(typeof pages)[0], (typeof pages)[0]];
    await register([stays]);
    // Longer than clients are cached.
    await stage.advance(2);
    const cancel = /id="cancel" href="([^"]+)"/.exec(page.html)?.[1] as string;
    const cancelled = await agents[0].follow(new URL(cancel, page.url));
    assert.equal(cancelled.url.origin, stage.issuer, 'cancelled');
    assert.equal(await answer(stage, cancelled.response), '400 page');
    const signedIn = await agents[1].submit(other, ALICE);
    assert.equal(signedIn.url.origin, stage.issuer);
    return await answer(stage, signedIn.response);
  });

  row('B14', 'parameters added to the URL of a finished interaction', '400 page', async () => {
    const url = new URL(`${stage.issuer}/authorize/${'x'.repeat(43)}`);
    url.search = authorizationRequest(stage.issuer).url.search;
    return await answer(stage, await new UserAgent().get(url));
  });

  row(
    'C06',
    'an unregistered response mode, with an error found before it is checked',
    'in the query',
    async () => {
      const early: Record<string, string>[] = [
        { request: 'x' },
        { request_uri: 'https://rp.example/request' },
        { request_uri: 'urn:ietf:params:oauth:request_uri:x' },
        { response_type: '' },
      ];
      for (const parameters of early) {
        const { url } = authorizationRequest(stage.issuer, { response_mode: 'fragment', ...parameters });
        const location = (await new UserAgent().get(url)).headers.get('location') as string;
        assert.match(location, /^[^#]*\?error=[^#]*$/, JSON.stringify(parameters));
      }
      return 'in the query';
    },
  );

  row('C08', 'prompt=none with an id_token_hint of another account', 'R(login_required)', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const request = authorizationRequest(stage.issuer);
    const back = await authorize(new UserAgent(), request, HATTER);
    const { body } = await redeem(stage.issuer, back.searchParams.get('code') as string, request);
    const [, payload = ''] = body.id_token?.split('.') ?? [];
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const of = async (hint: string | undefined): Promise<string> => {
      const { url } = authorizationRequest(stage.issuer, { prompt: 'none', id_token_hint: hint });
      return await answer(stage, await agent.get(url));
    };
    for (const hint of [`${none}.${payload}.`, `${none}.${payload}`, payload, tokens.access_token]) {
      assert.equal(await of(hint), 'R(invalid_request)', hint);
    }
    assert.equal(await of(tokens.id_token), 'R(code)');
    return await of(body.id_token);
  });

  row('C12', 'PAR: one request_uri in two browsers, both at the sign-in page', 'one code', async () => {
    const { url } = authorizationRequest(stage.issuer);
    const headers = { Authorization: basic(WEB) };
    const pushed = await fetch(`${stage.issuer}/par`, { method: 'POST', headers, body: url.searchParams });
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const byReference = new URL(`${stage.issuer}/authorize`);
    byReference.search = new URLSearchParams({ client_id: WEB.id, request_uri }).toString();
    const agents = [new UserAgent(), new UserAgent()];
    const pages = await Promise.all(agents.map((agent) => begin(agent, byReference)));
    const seen: string[] = [];
    for (const [index, agent] of agents.entries()) {
      let { url: at, response } = await agent.submit(pages[index] as (typeof pages)[0], ALICE);
      // Consent is asked the first time.
      if (at.origin === stage.issuer)
        ({ url: at, response } = await agent.submit({ url: at, html: await response.text() }, {}));
      seen.push(
        at.searchParams.get('error') ?? (at.searchParams.has('code') ? 'code' : `${response.status}`),
      );
    }
    assert.deepEqual(seen, ['code', 'invalid_request_uri']);
    return 'one code';
  });

  row('C19', 'HTML as state, in a form_post response', 'exact, one script', async () => {
    const { agent } = await signIn(stage.issuer);
    for (const state of [
      '"><script>alert(1)</script>',
      '</form><noscript><title>Submitting Callback</title>',
      "$&$1$`$'{{state}}<%= 1 %>",
      '\u2028\0\r\nSet-Cookie: a=b',
    ]) {
      const { url } = authorizationRequest(stage.issuer, { response_mode: 'form_post', state });
      const response = await agent.get(url);
      const html = await response.text();
      const { action, fields } = formOf(html);
      assert.deepEqual([action, fields.state, Object.keys(fields).length], [WEB.redirectUri, state, 3]);
      assert.equal(html.split('<script').length, 2, 'the one that its policy names');
      assert.match(response.headers.get('content-security-policy') ?? '', /script-src 'sha256-[^' ]+';/);
    }
    return 'exact, one script';
  });

  row(
    'C09',
    'auth_time with a pause after the password, and at consent; a pause longer than max_age',
    'the time of the password; asked again',
    async () => {
      const wait = async (): Promise<void> => stage.advance(300);
      const agent = new UserAgent();
      const ask = (maxAge: string): AuthorizationRequest =>
        authorizationRequest(stage.issuer, { client_id: OURS.id, scope: 'openid', max_age: maxAge });
      async function resumeLate(browser: UserAgent, { url }: AuthorizationRequest): Promise<URL> {
        const page = await begin(browser, url);
        const form = formOf(page.html);
        const answered = await browser.post(new URL(form.action, page.url), { ...form.fields, ...ALICE });
        await wait();
        return (await browser.follow(new URL(answered.headers.get('location') as string, page.url))).url;
      }
      const tooLate = await resumeLate(new UserAgent(), ask('60'));
      assert.match(tooLate.pathname, /^\/interaction\//, 'the sign-in is older than max_age');
      const request = ask('600');
      const signedIn = Date.now() / 1000;
      const back = await resumeLate(agent, request);
      const { body } = await redeem(stage.issuer, back.searchParams.get('code') as string, request, OURS);
      assert.ok(Math.abs(claimsOf(body.id_token).auth_time - signedIn) < 60, 'resumed late');

      const asking = authorizationRequest(stage.issuer, { prompt: 'login consent', max_age: '600' });
      const again = Date.now() / 1000;
      const next = await agent.submit(await begin(agent, asking.url), ALICE);
      const consent = { url: next.url, html: await next.response.text() };
      await wait();
      const { url } = await agent.submit(consent, {});
      const late = await redeem(stage.issuer, url.searchParams.get('code') as string, asking);
      assert.ok(Math.abs(claimsOf(late.body.id_token).auth_time - again) < 60, 'consented late');
      return 'the time of the password; asked again';
    },
  );

  row('A14', 'a code after a sign-out, or of a disabled account', '400 invalid_grant', async () => {
    const { agent } = await signIn(stage.issuer);
    const request = authorizationRequest(stage.issuer);
    const fields = fieldsFor(request, await authorize(agent, request));
    const question = await begin(agent, new URL(`${stage.issuer}/logout`));
    await agent.submit(question, { logout: 'yes' });
    assert.equal(await tokenAnswer(stage, fields), '400 invalid_grant', 'signed out');

    const other = authorizationRequest(stage.issuer);
    const last = fieldsFor(other, await authorize(new UserAgent(), other, HATTER));
    const { accounts } = stage.operator;
    const { id = '' } = (await accounts.findByUsername(HATTER.username)) ?? {};
    await accounts.disable(id);
    await accounts.enable(id);
    return await tokenAnswer(stage, last);
  });
});
