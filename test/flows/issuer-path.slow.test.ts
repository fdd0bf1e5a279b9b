import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openidClient from 'openid-client';
import { AssertingClient } from '../support/client-assertion.ts';
import { API, authorizationRequest, basic, MACHINE, signIn, token, WEB } from '../support/flow.ts';
import { freePort } from '../support/free-port.ts';
import { formOf } from '../support/html-form.ts';
import { verifyJwt } from '../support/jwt.ts';
import { LONG } from '../support/long-form.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

/** As it is configured: with a slash at the end it is another issuer at the same addresses. */
const PATHS = LONG ? ['/auth', '/auth/', '/a/b.c'] : ['/auth/', '/a/b.c'];

for (const path of PATHS) {
  describe(`an issuer with the path ${path}`, () => {
    const base = path.replace(/\/$/, '');
    let server: TestServer;
    let origin: string;
    let robot: AssertingClient;
    before(async () => {
      origin = `http://localhost:${await freePort()}`;
      robot = await AssertingClient.create('robot');
      const machine = { grant_types: ['client_credentials'], scope: 'messages:read' };
      server = await startTestServer({
        issuer: origin + path,
        clients: [{ ...robot.metadata, ...machine, assertion_audience: 'legacy' }],
      });
    });
    after(() => server.stop());

    it('has its metadata at the forms of RFC 8414 §3.1 and of OpenID Connect Discovery §4', async () => {
      const documents = await Promise.all(
        [
          `/.well-known/oauth-authorization-server${base}`,
          `/.well-known/openid-configuration${base}`,
          `${base}/.well-known/openid-configuration`,
          `${base}/.well-known/oauth-authorization-server`,
        ].map(async (address) => {
          const response = await fetch(origin + address);
          assert.equal(response.headers.get('access-control-allow-origin'), '*', address);
          return await response.text();
        }),
      );
      const [metadata] = documents.map((document) => JSON.parse(document) as Record<string, unknown>);
      assert.deepEqual(documents, Array(4).fill(documents[0]));
      assert.equal(metadata?.issuer, origin + path);
      const addresses = Object.entries(metadata ?? {}).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name));
      assert.deepEqual(Object.fromEntries(addresses), {
        authorization_endpoint: `${origin}${base}/authorize`,
        end_session_endpoint: `${origin}${base}/logout`,
        introspection_endpoint: `${origin}${base}/introspect`,
        jwks_uri: `${origin}${base}/jwks`,
        pushed_authorization_request_endpoint: `${origin}${base}/par`,
        revocation_endpoint: `${origin}${base}/revoke`,
        token_endpoint: `${origin}${base}/token`,
        userinfo_endpoint: `${origin}${base}/userinfo`,
      });
    });

    it('is in the audience of a token for an API and userinfo', async () => {
      const parameters = { scope: 'openid email messages:read' };
      const { access_token: value } = (await signIn(server.issuer, { parameters })).tokens;
      const endpoint = `${origin}${base}/userinfo`;
      assert.deepEqual(decodeJwt(value).aud, [API, endpoint]);
      const response = await fetch(endpoint, { headers: { Authorization: `Bearer ${value}` } });
      assert.equal(((await response.json()) as { email: string }).email, 'alice@example.com');
    });

    it('is found by clients in each of their ways', async () => {
      const issuer = new URL(server.issuer);
      for (const algorithm of ['oidc', 'oauth2'] as const) {
        const response = await oauth.discoveryRequest(issuer, {
          algorithm,
          [oauth.allowInsecureRequests]: true,
        });
        const metadata = await oauth.processDiscoveryResponse(issuer, response);
        assert.equal(metadata.issuer, server.issuer);
        const execute = [openidClient.allowInsecureRequests];
        const found = await openidClient.discovery(issuer, WEB.id, WEB.secret, undefined, {
          algorithm,
          execute,
        });
        assert.equal(found.serverMetadata().issuer, server.issuer);
      }
      const document = new URL(`${origin}/.well-known/openid-configuration${base}`);
      const found = await openidClient.discovery(document, WEB.id, WEB.secret, undefined, {
        execute: [openidClient.allowInsecureRequests],
      });
      assert.equal(found.serverMetadata().issuer, server.issuer);
    });

    it('accepts the addresses of its endpoints in assertions of a client that may name them', async () => {
      const post = async (path: string, aud: string) => {
        const fields = { token: 'x', grant_type: 'client_credentials', ...(await robot.parameters(aud)) };
        const body = new URLSearchParams(fields);
        return (await fetch(`${origin}${base}/${path}`, { method: 'POST', body })).status;
      };
      assert.equal(await post('token', server.issuer), 200);
      assert.equal(await post('token', `${origin}${base}/token`), 200);
      assert.equal(await post('revoke', `${origin}${base}/revoke`), 200);
      assert.equal(await post('token', `${origin}/token`), 401);
    });

    it('issues tokens with exactly this issuer', async () => {
      const { tokens, agent, request } = await signIn(server.issuer, {
        parameters: { scope: 'openid offline_access messages:read', prompt: 'consent' },
      });
      const id = await verifyJwt(String(tokens.id_token), server.issuer, WEB.id);
      assert.equal(id.nonce, request.nonce);
      assert.equal(decodeJwt(tokens.access_token).iss, server.issuer);
      const refreshed = await token(server.issuer, {
        grant_type: 'refresh_token',
        refresh_token: String(tokens.refresh_token),
      });
      assert.equal(decodeJwt(refreshed.body.access_token).iss, server.issuer);
      const machine = await token(server.issuer, { grant_type: 'client_credentials' }, MACHINE);
      assert.equal(decodeJwt(machine.body.access_token).iss, server.issuer);
      const silent = new URL(request.url);
      silent.searchParams.set('prompt', 'none');
      const { url } = await agent.follow(silent);
      assert.equal(url.searchParams.get('iss'), server.issuer);
    });

    it('answers userinfo, introspection and revocation', async () => {
      const { tokens } = await signIn(server.issuer);
      const at = (name: string) => `${origin}${base}/${name}`;
      const userinfo = await fetch(at('userinfo'), {
        headers: { Authorization: `Bearer ${tokens.access_token}` },
      });
      assert.equal(((await userinfo.json()) as { sub: string }).sub, decodeJwt(String(tokens.id_token)).sub);
      const init = {
        method: 'POST',
        headers: { Authorization: basic(WEB) },
        body: new URLSearchParams({ token: tokens.access_token }),
      };
      const isActive = async () =>
        ((await (await fetch(at('introspect'), init)).json()) as { active: boolean }).active;
      assert.equal(await isActive(), true);
      assert.equal((await fetch(at('revoke'), init)).status, 200);
      assert.equal(await isActive(), false);
    });

    it('continues a pushed request below its path', async () => {
      const agent = new UserAgent();
      const { request } = await signIn(server.issuer, { agent });
      const pushed = await fetch(`${origin}${base}/par`, {
        method: 'POST',
        headers: { Authorization: basic(WEB) },
        body: request.url.searchParams,
      });
      const { request_uri } = (await pushed.json()) as { request_uri: string };
      const query = new URLSearchParams({ client_id: WEB.id, request_uri });
      const { url } = await agent.follow(`${origin}${base}/authorize?${query.toString()}`);
      assert.ok(url.searchParams.has('code'));
    });

    it('has one home page, which signs out', async () => {
      const { agent } = await signIn(server.issuer);
      for (const home of [base, `${base}/`]) {
        const html = await (await agent.get(origin + home)).text();
        assert.match(html, /<h1>You are signed in<\/h1>/, home);
        assert.equal(formOf(html).action, `${base}/logout`);
      }
      const question = await agent.follow(`${origin}${base}/logout`);
      const html = await question.response.text();
      assert.equal(formOf(html).action, `${origin}${base}/logout/confirm`);
      const { url } = await agent.submit({ url: question.url, html }, { logout: 'yes' });
      assert.equal(url.href, `${origin}${base}/logout/success`);
      assert.match(await (await agent.get(origin + base)).text(), /<h1>Sign-in service<\/h1>/);
    });

    it('accepts forms of its own origin, and of no other', async () => {
      const agent = new UserAgent();
      const { url } = await startSignIn(agent);
      const html = await (await agent.get(url)).text();
      const { action, fields } = formOf(html);
      const post = async (from: string) =>
        (await agent.post(new URL(action, url), { ...fields, login: 'alice' }, { Origin: from })).status;
      assert.deepEqual(
        await Promise.all([origin, 'null', 'http://localhost:1', 'https://evil.example'].map(post)),
        [400, 400, 403, 403],
      );
    });

    it('has every link, form and file of its pages below its path', async () => {
      const agent = new UserAgent();
      const { url, request } = await startSignIn(agent);
      for (const page of [
        url.href,
        `${origin}${base}`,
        `${origin}${base}/nothing`,
        `${origin}/nothing`,
        `${origin}${base}/logout`,
        `${origin}${base}/logout/success`,
        `${origin}${base}/interaction/${'x'.repeat(43)}`,
        `${request.href}&redirect_uri=https://evil.example`,
      ]) {
        const html = await (await agent.follow(page)).response.text();
        const addresses = [...html.matchAll(/(?:href|src|action)="([^"]+)"/g)].map(([, address]) => address);
        const ours = addresses.filter((address) => !address?.startsWith('http://localhost:3002/'));
        assert.ok(ours.length > 0, page);
        for (const address of ours) {
          const { pathname } = new URL(address?.replaceAll('&amp;', '&') ?? '', page);
          assert.ok(pathname.startsWith(`${base}/`), `${address} on ${page}`);
          if (address?.includes('/assets/')) assert.equal((await agent.get(origin + pathname)).status, 200);
        }
      }
      const icon = await agent.get(`${origin}${base}/favicon.ico`);
      assert.ok(icon.headers.get('location')?.startsWith(`${base}/assets/logo-`));
    });

    it('keeps the cookies of an interaction below its path, and a session for the host', async () => {
      const agent = new UserAgent();
      await signIn(server.issuer, { agent });
      await startSignIn(agent);
      const paths = agent.cookies.map(({ key, path: of }) => [key.replace(/_[0-9a-f]{8}$/, ''), of] as const);
      for (const [name, of] of paths) {
        const isOfHost = name === 'signet_session' || name === 'signet_device';
        assert.ok(isOfHost ? of === '/' : of?.startsWith(`${base}/`), `${name} at ${of}`);
      }
      assert.deepEqual(new Set(paths.map(([name]) => name)), COOKIES);
      assert.ok(agent.cookies.every(({ key }) => /_[0-9a-f]{8}$/.test(key)));
    });

    it('has the same names of routes in the metrics', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${server.running.managementPort}/metrics`)).text();
      const routes = [...metrics.matchAll(/duration_seconds_count\{route="([^"]+)"/g)].map(
        ([, name]) => name,
      );
      for (const name of ['authorization', 'resume', 'interaction', 'token', 'discovery', 'home']) {
        assert.ok(routes.includes(name), name);
      }
      assert.ok(routes.every((name) => !name?.includes('/')));
    });

    it('is ready', async () => {
      await server.running.ready();
    });

    async function startSignIn(agent: UserAgent): Promise<{ url: URL; request: URL }> {
      const request = new URL(`${origin}${base}/authorize`);
      request.search = new URLSearchParams({
        client_id: WEB.id,
        response_type: 'code',
        redirect_uri: WEB.redirectUri,
        scope: 'openid',
        prompt: 'login',
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
      }).toString();
      const { url, response } = await agent.follow(request);
      assert.match(await response.text(), /<h1>Sign in<\/h1>/);
      return { url, request };
    }
  });
}

const COOKIES = new Set([
  'signet_device',
  'signet_interaction',
  'signet_request',
  'signet_resume',
  'signet_session',
  'signet_way_back',
]);

describe('an issuer with the longest path', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ issuer: `http://localhost:${await freePort()}/${'a'.repeat(99)}` });
  });
  after(() => server.stop());

  it('has cookies that browsers keep, and the limits of requests are those of any other', async () => {
    const random = (bytes: number): string => randomBytes(bytes).toString('base64url');
    const lengths: number[] = [];
    // Up to the request that no longer fits the cookie.
    for (let more = 0; ; more += 24) {
      const { url } = authorizationRequest(server.issuer, {
        state: random(1536),
        nonce: random(384),
        login_hint: random(240),
        ui_locales: random(192),
        claims_locales: random(more),
      });
      const response = await fetch(url, { redirect: 'manual' });
      await response.body?.cancel();
      if (response.status !== 303) break;
      lengths.push(...response.headers.getSetCookie().map((cookie) => cookie.length));
    }
    const longest = Math.max(...lengths);
    assert.ok(longest > 3900, String(longest));
    assert.ok(longest + '; secure'.length + '__Secure-'.length <= 4096, String(longest));
  });
});
