import assert from 'node:assert/strict';
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import { burst } from '../support/burst.ts';
import { authorizationRequest, signIn, token, type TokenResponse, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const HOME = 'http://localhost:3002/';
const TWO = { id: 'two', secret: 'a-secret-of-more-than-32-characters', redirectUri: WEB.redirectUri };
/** An account with so many groups that its ID token does not fit into a request line. */
const HATTER = { username: 'hatter', password: 'no-room-no-room' };
const GROUPS = Array.from({ length: 150 }, (_, index) => `tea-party/department-${index}/table-${index}/seat`);

/** OpenID Connect RP-Initiated Logout 1.0 §2 and §4: a request with an ID token of this session needs no confirmation. */
describe('F: sign-out with an id_token_hint', () => {
  const stage = useStage({
    clients: [
      {
        client_id: TWO.id,
        client_secret: TWO.secret,
        redirect_uris: [TWO.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid groups offline_access',
        id_token_claims: true,
      },
    ],
  });
  before(() => stage.operator.accounts.add({ ...HATTER, claims: { groups: GROUPS } }));

  const logout = (tokens: TokenResponse, parameters: Record<string, string> = {}): string => {
    const hint = { id_token_hint: tokens.id_token as string, ...parameters };
    return `${stage.issuer}/logout?${new URLSearchParams(hint).toString()}`;
  };
  const back = { post_logout_redirect_uri: HOME, state: 'a b' };

  /** The response, and whether the session is active afterwards. */
  async function seen(agent: UserAgent, response: Response): Promise<string> {
    const html = await response.text();
    const [, heading] = /<h1[^>]*>([^<]*)<\/h1>/.exec(html) ?? [];
    const location = response.headers.get('location');
    const request = authorizationRequest(stage.issuer, { prompt: 'none', scope: 'openid' }).url;
    const asked = (await agent.follow(request)).url.searchParams;
    const session = asked.get('error') === 'login_required' ? 'no session' : 'session';
    return `${response.status} ${location ?? heading ?? ''}, ${session}`;
  }

  row('F19', 'sid in every ID token, also after a refresh', 'one sid', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const refreshed = await token(stage.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    const again = await signIn(stage.issuer, { agent });
    const sids = [tokens, refreshed.body, again.tokens].map(
      ({ id_token }) => decodeJwt(id_token as string).sid,
    );
    assert.equal(typeof sids[0], 'string');
    const other = await signIn(stage.issuer);
    assert.notEqual(decodeJwt(other.tokens.id_token as string).sid, sids[0]);
    const response = await fetch(`${stage.issuer}/.well-known/openid-configuration`);
    const { claims_supported: claims } = (await response.json()) as { claims_supported: string[] };
    assert.ok(claims.includes('sid'));
    return new Set(sids).size === 1 ? 'one sid' : sids.join();
  });

  row('F19', 'a hint of this session', `303 ${HOME}?state=a+b, no session`, async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const answer = await seen(agent, await agent.get(logout(tokens, back)));
    assert.equal(agent.cookie('signet_session'), undefined);
    return answer;
  });

  row('F19', 'an expired hint of this session', `303 ${HOME}?state=a+b, no session`, async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    await stage.advance(7200);
    return await seen(agent, await agent.get(logout(tokens, back)));
  });

  row('F19', 'a hint of this session, from another site', `303 ${HOME}?state=a+b, no session`, async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    return await seen(agent, await agent.get(logout(tokens, back), headers));
  });

  row(
    'F19',
    'a hint of this session, without a redirect URI',
    'the confirmation page, no session',
    async () => {
      const { agent, tokens } = await signIn(stage.issuer);
      const goodbye = `303 ${stage.issuer}/logout/success?client_id=${WEB.id}, no session`;
      assert.equal(await seen(agent, await agent.get(logout(tokens))), goodbye);
      return 'the confirmation page, no session';
    },
  );

  row('F19', 'a hint of this session, with tokens', 'tokens dead', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const lasting = { scope: 'openid offline_access', prompt: 'consent' };
    const kept = await signIn(stage.issuer, { agent, client: TWO, parameters: lasting });
    await agent.get(logout(tokens));
    const refresh = async ({ refresh_token }: TokenResponse, client = WEB) => {
      const fields = { grant_type: 'refresh_token', refresh_token: refresh_token as string };
      return (await token(stage.issuer, fields, client)).response.status;
    };
    assert.equal(await refresh(tokens), 400);
    assert.equal(await refresh(kept.tokens, TWO), 200, 'offline_access outlives the session');
    return 'tokens dead';
  });

  row('F19', 'a hint of an earlier session of this browser', '200 Sign out?, session', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    await agent.get(logout(tokens));
    await signIn(stage.issuer, { agent });
    return await seen(agent, await agent.get(logout(tokens, back)));
  });

  row('F19', 'a hint of a session of this account in another browser', '200 Sign out?, session', async () => {
    const { tokens } = await signIn(stage.issuer);
    const { agent } = await signIn(stage.issuer);
    return await seen(agent, await agent.get(logout(tokens, back)));
  });

  row('F19', 'a hint of this session, signed with a removed key', '200 Sign out?, session', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const { privateKey } = await generateKeyPair('RS256');
    const retired = (alg: string, aud: string | string[]) =>
      new SignJWT({ ...decodeJwt(tokens.id_token as string), aud })
        .setProtectedHeader({ alg, kid: 'gone' })
        .sign(privateKey);
    const hint = await retired('RS256', WEB.id);
    const wrong = await retired('RS256', [WEB.id]);
    assert.match(await seen(agent, await agent.get(logout({ ...tokens, id_token: wrong }, back))), /^400 /);
    const other = logout({ ...tokens, id_token: hint }, { client_id: TWO.id });
    assert.match(await seen(agent, await agent.get(other)), /^400 /);
    return await seen(agent, await agent.get(logout({ ...tokens, id_token: hint }, back)));
  });

  row('F19', 'no hint, or only a client_id', '200 Sign out?, session', async () => {
    const { agent } = await signIn(stage.issuer);
    return await seen(agent, await agent.get(`${stage.issuer}/logout?client_id=${WEB.id}`));
  });

  row('F19', 'a hint of this session, with HEAD or as prefetch', 'nothing ended', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const cookie = `signet_session=${agent.cookie('signet_session')?.value}`;
    await fetch(logout(tokens, back), { method: 'HEAD', headers: { Cookie: cookie }, redirect: 'manual' });
    const ahead = await agent.get(logout(tokens, back), { 'Sec-Purpose': 'prefetch' });
    assert.equal(await seen(agent, ahead), '403 , session');
    return 'nothing ended';
  });

  row('F19', 'a hint of this session, eight times concurrently', `8 × 303`, async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const { pathname, search } = new URL(logout(tokens, back));
    const headers = {
      Accept: 'text/html',
      Cookie: `signet_session=${agent.cookie('signet_session')?.value}`,
    };
    const request = { path: pathname + search, host: stage.host, headers };
    const answers = await burst([stage.server.port], request, 8);
    assert.equal(
      await seen(agent, await agent.get(`${stage.issuer}/logout/success`)),
      '200 Sign-out Success, no session',
    );
    return `${answers.length} × ${[...new Set(answers.map(({ status }) => status))].join()}`;
  });

  describe('a large id_token_hint', () => {
    let agent: UserAgent;
    let tokens: TokenResponse;
    beforeEach(async () => {
      agent = new UserAgent();
      ({ tokens } = await signIn(stage.issuer, {
        agent,
        client: TWO,
        person: HATTER,
        parameters: { scope: 'openid groups' },
      }));
      assert.ok((tokens.id_token as string).length > 8000, String(tokens.id_token?.length));
    });
    const fields = () => ({ id_token_hint: tokens.id_token as string, client_id: TWO.id });
    const goodbye = () => `303 ${stage.issuer}/logout/success?client_id=${TWO.id}, no session`;

    row('F20', 'a large hint by GET', 'signed out', async () => {
      assert.equal(await seen(agent, await agent.get(logout(tokens))), goodbye());
      return 'signed out';
    });

    row('F20', 'a large hint by POST', 'signed out', async () => {
      assert.equal(await seen(agent, await agent.post(`${stage.issuer}/logout`, fields())), goodbye());
      return 'signed out';
    });

    row('F20', 'a large hint by POST from another site, without cookies', 'signed out', async () => {
      const first = await new UserAgent().post(`${stage.issuer}/logout`, fields(), {
        Origin: 'https://rp.example',
        'Sec-Fetch-Site': 'cross-site',
      });
      assert.equal(first.status, 200);
      const form = formOf(await first.text());
      assert.deepEqual([form.action, form.method], ['/logout', 'post']);
      assert.equal(form.fields.id_token_hint, tokens.id_token);
      const second = await agent.post(`${stage.issuer}${form.action}`, form.fields);
      assert.equal(await seen(agent, second), goodbye());
      // Without a session there are no cookies to send.
      const third = await new UserAgent().post(`${stage.issuer}${form.action}`, form.fields);
      assert.equal(third.headers.get('location'), `${stage.issuer}/logout/success?client_id=${TWO.id}`);
      return 'signed out';
    });

    row(
      'F20',
      'a large hint in an authorization request by POST (OpenID Connect Core §3.1.2.1)',
      'a code',
      async () => {
        const { url } = authorizationRequest(stage.issuer, {
          client_id: TWO.id,
          scope: 'openid',
          id_token_hint: tokens.id_token as string,
        });
        const without = await new UserAgent().post(`${stage.issuer}/authorize`, url.searchParams);
        const { action, fields: again } = formOf(await without.text());
        assert.equal(action, '/authorize');
        const response = await agent.post(`${stage.issuer}${action}`, again);
        const location = new URL(response.headers.get('location') as string, stage.issuer);
        return location.searchParams.has('code') ? 'a code' : location.href;
      },
    );
  });
});
