import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { API, authorizationRequest, basic, signIn, token, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const clientIn = (host: string, more: object = {}) => ({
  client_id: host,
  client_secret: SECRET,
  redirect_uris: [WEB.redirectUri],
  post_logout_redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid messages:read',
  subject_type: 'pairwise' as const,
  sector_identifier_uri: `https://${host}/uris.json`,
  ...more,
});

describe('F: pairwise subjects', () => {
  const stage = useStage({ clients: [clientIn('victim.example'), clientIn('curious.example')] });
  const credentials = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });
  const [victim, curious] = [credentials('victim.example'), credentials('curious.example')];

  const heard: string[] = [];
  /** Everything that a client and the browsers that it sends get, with what is in the JWTs. */
  const listening: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const body = await response.clone().text();
    heard.push(decodeURIComponent(response.headers.get('location') ?? ''), body);
    for (const [jwt] of body.matchAll(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g))
      heard.push(JSON.stringify(decodeJwt(jwt)));
    return response;
  };

  const post = async (path: string, fields: Record<string, string>, client = curious): Promise<Response> =>
    await listening(`${stage.issuer}${path}`, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: new URLSearchParams(fields),
    });

  row(
    'F35',
    "no client learns another's sub, or the id of the account, at any endpoint",
    'nothing',
    async () => {
      const ofVictim = (await signIn(stage.issuer, { client: victim, parameters: { scope: 'openid' } }))
        .tokens;
      const apiOfVictim = await signIn(stage.issuer, {
        client: victim,
        parameters: { scope: 'openid messages:read', resource: API },
      });
      const agent = new UserAgent(listening);
      const accountId = (await stage.operator.accounts.findByUsername(DEMO_ACCOUNT.username))?.id ?? '';
      const secretSubjects = [accountId, String(decodeJwt(String(ofVictim.id_token)).sub)];
      assert.equal(new Set(secretSubjects).size, 2);

      const own = await signIn(stage.issuer, {
        agent,
        client: curious,
        parameters: { scope: 'openid messages:read', resource: API },
      });
      const opaque = await signIn(stage.issuer, { agent, client: curious, parameters: { scope: 'openid' } });
      heard.push(
        JSON.stringify([
          own.tokens,
          decodeJwt(own.tokens.access_token),
          decodeJwt(String(own.tokens.id_token)),
        ]),
      );
      for (const byEngine of [false, true]) {
        const { access_token, refresh_token = '' } = opaque.tokens;
        for (const value of [access_token, refresh_token, own.tokens.access_token]) {
          const seen = await listening(`${stage.issuer}/introspect`, {
            method: 'POST',
            headers: { Authorization: basic(curious), ...(byEngine && { 'X-Other': '1' }) },
            body: new URLSearchParams({ token: value }),
          });
          assert.equal(((await seen.json()) as { active: boolean }).active, true);
        }
      }
      await listening(`${stage.issuer}/userinfo`, {
        headers: { Authorization: `Bearer ${opaque.tokens.access_token}` },
      });
      await post('/token', { grant_type: 'refresh_token', refresh_token: opaque.tokens.refresh_token ?? '' });

      // With tokens of the other client.
      const { id_token = '', access_token, refresh_token = '' } = ofVictim;
      for (const value of [access_token, refresh_token, apiOfVictim.tokens.access_token, id_token]) {
        assert.deepEqual(await (await post('/introspect', { token: value })).json(), { active: false });
        await post('/revoke', { token: value });
      }
      assert.equal((await post('/token', { grant_type: 'refresh_token', refresh_token })).status, 400);
      for (const prompt of ['none', 'login', 'select_account']) {
        const parameters = { client_id: curious.id, scope: 'openid', prompt, id_token_hint: id_token };
        const { url } = authorizationRequest(stage.issuer, parameters);
        assert.equal(await answer(stage, await agent.get(url)), 'R(invalid_request)');
        assert.equal((await post('/par', Object.fromEntries(url.searchParams))).status, 400);
      }
      const logout = new URLSearchParams({ client_id: curious.id, id_token_hint: id_token });
      assert.equal((await agent.get(`${stage.issuer}/logout?${logout.toString()}`)).status, 400);
      // It is no oracle either: a guess is wrong, whether or not it is a subject elsewhere.
      for (const value of [...secretSubjects, 'made-up']) {
        const claims = JSON.stringify({ id_token: { sub: { value } } });
        const parameters = { client_id: curious.id, scope: 'openid', prompt: 'none', claims };
        const { response, url } = await agent.follow(authorizationRequest(stage.issuer, parameters).url);
        await response.body?.cancel();
        assert.equal(url.searchParams.get('error'), 'login_required');
      }

      assert.ok(heard.length > 40);
      const learned = secretSubjects.filter((subject) => heard.some((text) => text.includes(subject)));
      // The tokens of the other client were not used up or ended by all that.
      const fields = { grant_type: 'refresh_token', refresh_token };
      assert.equal((await token(stage.issuer, fields, victim)).response.status, 200);
      return learned.join() || 'nothing';
    },
  );
});
