import assert from 'node:assert/strict';
import { authorizationRequest, authorize, basic, redeem, signIn, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, tokenAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const HATTER = { username: 'hatter', password: 'no-room-no-room' };
const TWO = { client_id: 'two', client_secret: 'a-secret-of-more-than-32-characters' };

/** Similar to the registered redirect URI. */
const UNREGISTERED = [
  'https://evil.example/',
  'http://localhost:3002',
  'http://localhost:3002/?x=1',
  'javascript:1',
];

describe('F: sign-out', () => {
  const stage = useStage({ clients: [{ ...TWO, redirect_uris: [WEB.redirectUri], scope: 'openid' }] });
  before(() => stage.operator.accounts.add({ ...HATTER, claims: {} }));

  const logout = (parameters: Record<string, string> = {}): string =>
    `${stage.issuer}/logout?${new URLSearchParams(parameters).toString()}`;

  const isSignedIn = async (agent: UserAgent): Promise<boolean> =>
    (await agent.follow(authorizationRequest(stage.issuer, { prompt: 'none' }).url)).url.searchParams.has(
      'code',
    );

  async function isActive(token: string): Promise<boolean> {
    const response = await fetch(`${stage.issuer}/introspect`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams({ token }),
    });
    return ((await response.json()) as { active: boolean }).active;
  }

  /** Signs out. @returns the text of the page */
  async function signOut(agent: UserAgent, parameters: Record<string, string> = {}): Promise<string> {
    const { url, response } = await agent.follow(logout(parameters));
    const html = await response.text();
    await agent.submit({ url, html }, { logout: 'yes' });
    assert.equal(await isSignedIn(agent), false);
    return html;
  }

  row('F14', 'a missing, a wrong and another session’s form token', '400, session intact', async () => {
    const { agent } = await signIn(stage.issuer);
    const other = await signIn(stage.issuer);
    const { response } = await other.agent.follow(logout());
    const { xsrf } = formOf(await response.text()).fields;
    const confirm = `${stage.issuer}/logout/confirm`;
    const before = await agent.post(confirm, { xsrf: xsrf as string, logout: 'yes' });
    assert.equal(before.status, 400, 'never asked');
    await agent.follow(logout());
    for (const fields of [{}, { xsrf: '' }, { xsrf: 'x' }, { xsrf: xsrf as string }]) {
      const refused = await agent.post(confirm, { ...fields, logout: 'yes' });
      assert.equal(await answer(stage, refused), '400 page', JSON.stringify(fields));
    }
    assert.ok(await isSignedIn(agent));
    return '400, session intact';
  });

  row('F14', 'id_token_hint of another account', '400 page, session intact', async () => {
    const { agent } = await signIn(stage.issuer);
    const request = authorizationRequest(stage.issuer);
    const back = await authorize(new UserAgent(), request, HATTER);
    const { body } = await redeem(stage.issuer, back.searchParams.get('code') as string, request);
    const response = await agent.get(logout({ id_token_hint: body.id_token as string }));
    assert.ok(await isSignedIn(agent));
    return `${await answer(stage, response)}, session intact`;
  });

  row('F14', 'an invalid id_token_hint', '400 page, session intact', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const token = tokens.id_token as string;
    const [header = '', claims = '', signature = ''] = token.split('.');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const decoded = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
    for (const hint of [
      `${header}.${claims}.${signature.slice(0, -8)}AAAAAAAA`,
      `${header}.${part({ ...decoded, sub: 'x' })}.${signature}`,
      `${part({ alg: 'none' })}.${claims}.`,
      `${part({ alg: 'HS256' })}.${claims}.${signature}`,
      `${header}.${part({ ...decoded, aud: 'nobody' })}.${signature}`,
      `${header}.${part({ ...decoded, aud: [WEB.id] })}.${signature}`,
      tokens.access_token,
      'nonsense',
      '\0',
      'x'.repeat(7000),
    ]) {
      const response = await agent.get(logout({ id_token_hint: hint }));
      assert.equal(await answer(stage, response), '400 page', hint.slice(0, 40));
    }
    assert.ok(await isSignedIn(agent));
    return '400 page, session intact';
  });

  row('F14', 'another client_id, or an unregistered redirect URI', '400 page, session intact', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const hint = { id_token_hint: tokens.id_token as string };
    for (const parameters of [
      { ...hint, client_id: TWO.client_id },
      { client_id: 'nobody' },
      ...UNREGISTERED.map((uri) => Object.assign({ post_logout_redirect_uri: uri }, hint)),
      { client_id: TWO.client_id, post_logout_redirect_uri: 'http://localhost:3002/' },
    ]) {
      const response = await agent.get(logout(parameters));
      assert.equal(await answer(stage, response), '400 page', JSON.stringify(parameters).slice(0, 80));
    }
    assert.ok(await isSignedIn(agent));
    return '400 page, session intact';
  });

  row('F14', 'a valid id_token_hint, by POST', 'signed out without confirmation', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const first = await agent.post(`${stage.issuer}/logout`, {
      id_token_hint: tokens.id_token as string,
      post_logout_redirect_uri: 'http://localhost:3002/',
      state: 'a b',
    });
    const { url } = await agent.follow(new URL(first.headers.get('location') as string, stage.issuer));
    assert.equal(url.href, 'http://localhost:3002/?state=a+b');
    assert.equal(agent.cookie('signet_session'), undefined);
    assert.equal(await isSignedIn(agent), false);
    return 'signed out without confirmation';
  });

  row('F15', 'tokens without offline_access', 'dead after sign-out', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const api = await signIn(stage.issuer, { agent, parameters: { scope: 'openid messages:read' } });
    const all = [tokens.access_token, api.tokens.access_token];
    for (const token of all) assert.equal(await isActive(token), true);
    const html = await signOut(agent);
    assert.doesNotMatch(html, /keep their access/);
    for (const token of all) assert.equal(await isActive(token), false);
    for (const { refresh_token } of [tokens, api.tokens]) {
      const refresh = { grant_type: 'refresh_token', refresh_token: refresh_token as string };
      assert.equal(await tokenAnswer(stage, refresh), '400 invalid_grant');
    }
    return 'dead after sign-out';
  });

  row('F15', 'tokens with offline_access', 'alive after sign-out, as the page says', async () => {
    const parameters = { scope: 'openid offline_access', prompt: 'consent' };
    const { agent, tokens } = await signIn(stage.issuer, { parameters });
    const html = await signOut(agent);
    assert.match(html, /Applications that you allowed to act while you are away keep their access/);
    assert.equal(await isActive(tokens.access_token), true);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    assert.equal(await tokenAnswer(stage, refresh), '200');
    return 'alive after sign-out, as the page says';
  });

  row(
    'F15',
    'sign-out without a session, with and without client_id',
    'nothing stored, no cookie',
    async () => {
      const before = await stage.records();
      for (const parameters of [{}, { client_id: WEB.id }, { client_id: WEB.id, state: 'x'.repeat(2000) }]) {
        const agent = new UserAgent();
        assert.equal((await agent.get(logout(parameters))).status, 303);
        assert.equal(agent.cookies.length, 0);
        const planted = { Cookie: `signet_session=${'x'.repeat(43)}` };
        assert.equal((await agent.get(logout(parameters), planted)).status, 303);
      }
      assert.deepEqual(await stage.recordsSince(before), []);
      return 'nothing stored, no cookie';
    },
  );
});
