import assert from 'node:assert/strict';
import { base64url, decodeJwt, decodeProtectedHeader } from 'jose';
import { authorizationRequest, signIn, type TokenResponse } from '../support/flow.ts';
import type { UserAgent } from '../support/user-agent.ts';
import { authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const REDIRECT_URI = 'http://localhost:3002/callback';
const HOME = 'http://localhost:3002/';

/** A client that registers another algorithm has ID tokens that were signed with the one before. */
describe('F: an id_token_hint from before a change of id_token_signed_response_alg', () => {
  const app = (id: string) => ({ id, secret: SECRET, redirectUri: REDIRECT_URI });
  const ids = ['changing', 'again', 'other', 'forging'];
  const stage = useStage({
    signingAlgorithms: ['RS256', 'ES256'],
    clients: ids.map((id) => ({
      client_id: id,
      client_secret: SECRET,
      redirect_uris: [REDIRECT_URI],
      post_logout_redirect_uris: [HOME],
      scope: 'openid',
      first_party: true,
    })),
  });

  /** Signs in, and registers the client for ES256 then. */
  async function signInAndChange(id: string): Promise<{ agent: UserAgent; tokens: TokenResponse }> {
    const { agent, tokens } = await signIn(stage.issuer, {
      client: app(id),
      parameters: { scope: 'openid' },
    });
    assert.equal(decodeProtectedHeader(tokens.id_token as string).alg, 'RS256');
    await stage.store.clients.update(id, (current) => ({
      ...current,
      metadata: { ...current.metadata, id_token_signed_response_alg: 'ES256' },
    }));
    // Clients are cached for a second.
    await stage.advance(2);
    return { agent, tokens };
  }

  async function logout(agent: UserAgent, id: string, hint: string): Promise<string> {
    const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: HOME });
    const response = await agent.get(`${stage.issuer}/logout?${query.toString()}`);
    const [, heading] = /<h1[^>]*>([^<]*)<\/h1>/.exec(await response.text()) ?? [];
    const { url } = authorizationRequest(stage.issuer, {
      client_id: id,
      redirect_uri: REDIRECT_URI,
      prompt: 'none',
      scope: 'openid',
    });
    const silent = new URL((await agent.get(url)).headers.get('location') as string);
    const session = silent.searchParams.has('code') ? 'session' : 'no session';
    return `${response.status} ${response.headers.get('location') ?? heading}, ${session}`;
  }

  row('F22', 'at the logout endpoint', '200 Sign out?, session', async () => {
    const { agent, tokens } = await signInAndChange('changing');
    return await logout(agent, 'changing', tokens.id_token as string);
  });

  row('F22', 'at the authorization endpoint', 'R(invalid_request)', async () => {
    const { agent, tokens } = await signInAndChange('other');
    const parameters = { client_id: 'other', id_token_hint: tokens.id_token, scope: 'openid' };
    return await authorizationAnswer(stage, parameters, agent);
  });

  row('F22', 'and one from after the change, at the logout endpoint', `303 ${HOME}, no session`, async () => {
    const { agent } = await signInAndChange('again');
    const client = app('again');
    const { tokens } = await signIn(stage.issuer, { agent, client, parameters: { scope: 'openid' } });
    assert.equal(decodeProtectedHeader(tokens.id_token as string).alg, 'ES256');
    return await logout(agent, 'again', tokens.id_token as string);
  });

  row('F22', 'with an algorithm that its key does not have', '400, session', async () => {
    const { agent, tokens } = await signInAndChange('forging');
    const hint = tokens.id_token as string;
    const { kid } = decodeProtectedHeader(hint);
    const [, payload = '', signature = ''] = hint.split('.');
    const seen = new Set<string>();
    for (const alg of ['ES256', 'PS256', 'HS256', 'none']) {
      const forged = `${base64url.encode(JSON.stringify({ alg, kid }))}.${payload}.${signature}`;
      assert.equal(decodeJwt(forged).aud, 'forging');
      seen.add((await logout(agent, 'forging', forged)).replace(/ .*,/, ','));
    }
    return [...seen].join(' ');
  });
});
