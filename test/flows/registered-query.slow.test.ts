import assert from 'node:assert/strict';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';

/** Addresses with a query that is no list of parameters, or that another program would write otherwise. */
const ADDRESSES = [
  'http://localhost:4100/index.php?/oauth/callback/',
  'http://localhost:4100/cb?a=1&&b',
  "http://localhost:4100/cb?path=a/b:c@d!$'(),;x",
  'http://localhost:4100/cb?space=%20&lower=%2f',
  'http://localhost:4100/cb?',
];
/** A name that the response needs: the registered one gives way. */
const COLLISION = 'http://localhost:4100/cb?state=fixed&keep=1';

const CLIENT = {
  id: 'query-keeper',
  secret: 'a-secret-of-more-than-32-characters',
  redirectUri: ADDRESSES[0]!,
};

describe('a registered query comes back byte for byte (RFC 6749 §3.1.2)', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [...ADDRESSES, COLLISION],
          post_logout_redirect_uris: ADDRESSES,
          first_party: true,
          response_modes: ['query', 'form_post'],
          scope: 'openid profile',
        },
      ],
    });
  });
  after(() => server.stop());

  const request = (redirectUri: string, parameters: Record<string, string | undefined> = {}) =>
    authorizationRequest(server.issuer, {
      client_id: CLIENT.id,
      redirect_uri: redirectUri,
      scope: 'openid profile',
      ...parameters,
    });

  /** The address that a browser is sent to. */
  async function location(agent: UserAgent, url: URL): Promise<string> {
    const response = await agent.get(url);
    assert.equal(response.status, 303);
    return response.headers.get('location') ?? '';
  }

  const separator = (address: string) => (address.endsWith('?') ? '' : '&');

  for (const address of ADDRESSES) {
    it(`${address} with a code`, async () => {
      const { agent } = await signIn(server.issuer, {
        client: { ...CLIENT, redirectUri: address },
        parameters: { scope: 'openid profile' },
      });
      const { url, state } = request(address);
      const target = await location(agent, url);
      const start = address + separator(address);
      assert.equal(target.slice(0, start.length), start);
      const added = new URLSearchParams(target.slice(start.length));
      assert.deepEqual([...added.keys()], ['code', 'state', 'iss']);
      assert.equal(added.get('state'), state);
    });

    it(`${address} with an error`, async () => {
      const { url, state } = request(address, { prompt: 'none' });
      const target = await location(new UserAgent(), url);
      const start = `${address}${separator(address)}error=login_required&`;
      assert.equal(target.slice(0, start.length), start);
      assert.equal(new URLSearchParams(target.slice(start.length)).get('state'), state);
    });

    it(`${address} as the action of a form_post page`, async () => {
      const { url } = request(address, { prompt: 'none', response_mode: 'form_post' });
      const response = await new UserAgent().get(url);
      const form = formOf(await response.text());
      assert.equal(form.action, address);
      assert.equal(form.fields.error, 'login_required');
    });

    it(`${address} after a sign-out`, async () => {
      const { agent, tokens } = await signIn(server.issuer, {
        client: { ...CLIENT, redirectUri: address },
        parameters: { scope: 'openid profile' },
      });
      const logout = new URL('/logout', server.issuer);
      logout.search = new URLSearchParams({
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: address,
        state: 's',
      }).toString();
      assert.equal(await location(agent, logout), `${address}${separator(address)}state=s`);
    });

    it(`${address} after the question whether to sign out`, async () => {
      const { agent } = await signIn(server.issuer, {
        client: { ...CLIENT, redirectUri: address },
        parameters: { scope: 'openid profile' },
      });
      const logout = new URL('/logout', server.issuer);
      logout.search = new URLSearchParams({
        client_id: CLIENT.id,
        post_logout_redirect_uri: address,
      }).toString();
      const page = await agent.get(logout);
      const form = formOf(await page.text());
      const answer = await agent.post(new URL(form.action, logout), { ...form.fields, logout: 'yes' });
      assert.deepEqual([answer.status, answer.headers.get('location')], [303, address]);
    });
  }

  it('but a registered parameter gives way to one of the response with its name', async () => {
    const { url, state } = request(COLLISION, { prompt: 'none' });
    const target = new URL(await location(new UserAgent(), url));
    assert.deepEqual(target.searchParams.getAll('state'), [state]);
    assert.equal(target.searchParams.get('keep'), '1');
  });
});
