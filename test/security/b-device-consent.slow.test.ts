import assert from 'node:assert/strict';
import { type AuthorizationRequest, authorizationRequest, authorize, signIn } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SITE = 'https://vault.example/callback';
const TOOL = 'http://localhost:8250/oidc/callback';
const BOB = { username: 'bob', password: 'a-walk-along-the-river' };

type Page = { response: Response; url: URL };

/** Consent for a redirect URI on the device of the person counts for one request, and for the account that gave it (RFC 8252 §8.6). */
describe('B: consent for apps and tools', () => {
  const stage = useStage({
    clients: [
      {
        client_id: 'vault',
        client_secret: 'a-secret-of-more-than-32-characters',
        redirect_uris: [SITE],
        loopback_redirect_uris: [TOOL],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid email offline_access',
      },
    ],
  });

  const requestOf = (redirectUri: string, more: Record<string, string> = {}): AuthorizationRequest =>
    authorizationRequest(stage.issuer, {
      client_id: 'vault',
      redirect_uri: redirectUri,
      scope: 'openid email',
      ...more,
    });

  async function submit(agent: UserAgent, { response, url }: Page, fields: Record<string, string> = {}) {
    return await agent.submit({ url, html: await response.text() }, fields);
  }

  /** Alice allows a request that has become too old for her sign-in, and another person signs in. @returns the page that follows */
  async function allowedByAlice(redirectUri: string, more: Record<string, string> = {}): Promise<Page> {
    const agent = new UserAgent();
    await signIn(stage.issuer, { agent });
    const consent = await agent.follow(requestOf(redirectUri, { max_age: '60', ...more }).url);
    await stage.advance(61);
    const login = await submit(agent, consent);
    const signOut = await submit(agent, login, { login: BOB.username, password: BOB.password });
    return await submit(agent, signOut);
  }

  before(async () => {
    await stage.operator.accounts.add({ ...BOB, claims: {} });
    // Remembered for the site.
    await authorize(new UserAgent(), requestOf(SITE, { scope: 'openid email' }), BOB);
  });

  row('B17', 'loopback: another person signs in after the consent', 'asked as bob', async () => {
    const { response, url } = await allowedByAlice(TOOL);
    assert.equal(url.origin, stage.issuer, `${url.origin} has a code`);
    const html = await response.text();
    assert.match(html, /asks for access/);
    return /Signed in as\s+(?:<[^>]+>)*bob/.test(html) ? 'asked as bob' : html;
  });
  row('B17', 'loopback: the same, where the first grant outlives the session', 'asked', async () => {
    const { response, url } = await allowedByAlice(TOOL, {
      scope: 'openid email offline_access',
      prompt: 'consent',
    });
    assert.equal(url.origin, stage.issuer, `${url.origin} has a code`);
    const html = await response.text();
    return html.includes('asks for access') ? 'asked' : `${response.status} ${html}`;
  });
  row('B17', 'https: the same, with prompt=consent', 'asked', async () => {
    const { response, url } = await allowedByAlice(SITE, { prompt: 'consent' });
    assert.equal(url.origin, stage.issuer, `${url.origin} has a code`);
    const html = await response.text();
    return html.includes('asks for access') ? 'asked' : `${response.status} ${html}`;
  });
});
