import assert from 'node:assert/strict';
import { methodsOf } from '../../src/http/route.ts';
import { engineRoutes } from '../support/engine-routes.ts';
import { authorizationRequest, authorize, signIn, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { FORM, type Headers, postForm } from './support/post-form.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const BROWSER_ORIGIN = 'http://localhost:5173';
const APP_ORIGINS = ['capacitor://localhost', 'https://localhost'];
const CORS = /^access-control-/;
const EVIL = 'https://evil.example';

describe('I: pages of other origins', () => {
  const publicClient = { token_endpoint_auth_method: 'none' as const, scope: 'openid' };
  const stage = useStage({
    clients: [
      {
        ...publicClient,
        client_id: 'browser',
        redirect_uris: [`${BROWSER_ORIGIN}/cb`],
        scope: 'openid messages:read',
      },
      {
        ...publicClient,
        client_id: 'native',
        application_type: 'native',
        redirect_uris: ['com.example.app:/cb', 'myapp://cb'],
      },
      {
        ...publicClient,
        client_id: 'desktop',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]:7000/cb'],
      },
      {
        ...publicClient,
        client_id: 'phone',
        application_type: 'native',
        redirect_uris: ['com.example.phone:/cb'],
        allowed_origins: APP_ORIGINS,
      },
    ],
  });
  type Answer = Awaited<ReturnType<typeof requestRaw>>;
  const post = (body: string, headers: Headers, path = '/token') =>
    postForm(stage, body, { Authorization: undefined, ...headers }, path);
  const corsOf = ({ headers }: Answer) => Object.keys(headers).filter((name) => CORS.test(name));
  const readers = ({ headers }: Answer) => headers['access-control-allow-origin'];
  const withCredentials = ({ headers }: Answer) => headers['access-control-allow-credentials'];
  const redeem = (id: string) =>
    `grant_type=authorization_code&code=x&redirect_uri=x&code_verifier=x&client_id=${id}`;

  /** An access token for `/userinfo`: opaque, or also for an API. */
  async function accessToken(id: string, redirectUri: string, scope = 'openid'): Promise<string> {
    const request = authorizationRequest(stage.issuer, {
      client_id: id,
      redirect_uri: redirectUri,
      scope,
    });
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') as string;
    const fields = { grant_type: 'authorization_code', client_id: id, code, redirect_uri: redirectUri };
    const form = new URLSearchParams({ ...fields, code_verifier: request.verifier });
    const { body } = await post(form.toString(), {});
    return (JSON.parse(body) as { access_token: string }).access_token;
  }

  for (const origin of [
    EVIL,
    'null',
    'myapp://cb',
    `${BROWSER_ORIGIN}.evil.example`,
    'http://localhost:3002',
  ]) {
    row('I08', `a response of /token and /revoke to ${origin}`, 'not readable', async () => {
      for (const id of ['browser', 'native', 'desktop', 'phone', 'nobody', WEB.id]) {
        for (const path of ['/token', '/revoke']) {
          const seen = await post(`token=x&${redeem(id)}`, { Origin: origin }, path);
          assert.ok(seen.status === 400 || seen.status === 401);
          assert.deepEqual(corsOf(seen), [], id);
        }
      }
      return 'not readable';
    });

    row('I08', `a response of /userinfo to ${origin}`, 'readable as long as no client is known', async () => {
      for (const authorization of [undefined, 'Bearer x', 'Basic x', 'Bearer']) {
        const headers = { Origin: origin, Authorization: authorization };
        const seen = await requestRaw(stage, 'GET /userinfo HTTP/1.1', headers);
        assert.ok(seen.status === 400 || seen.status === 401);
        assert.deepEqual([readers(seen), withCredentials(seen)], ['*', undefined]);
      }
      const token = await accessToken('browser', `${BROWSER_ORIGIN}/cb`);
      const headers = { Origin: origin, Authorization: `Bearer ${token}` };
      const seen = await requestRaw(stage, 'GET /userinfo HTTP/1.1', headers);
      assert.deepEqual([seen.status, corsOf(seen)], [400, []]);
      return 'readable as long as no client is known';
    });
  }

  for (const scope of ['openid', 'openid messages:read']) {
    row('I08', `a response of /userinfo, for ${scope}`, `readable for ${BROWSER_ORIGIN} alone`, async () => {
      const token = await accessToken('browser', `${BROWSER_ORIGIN}/cb`, scope);
      const ask = (origin: string) =>
        requestRaw(stage, 'GET /userinfo HTTP/1.1', { Origin: origin, Authorization: `Bearer ${token}` });
      const own = await ask(BROWSER_ORIGIN);
      assert.deepEqual([own.status, withCredentials(own)], [200, undefined]);
      assert.deepEqual(corsOf(await ask(EVIL)), []);
      return `readable for ${String(readers(own))} alone`;
    });
  }

  row(
    'I08',
    'a response of /token and /revoke to the origin of the client',
    `${BROWSER_ORIGIN}, credentials`,
    async () => {
      for (const path of ['/token', '/revoke']) {
        const seen = await post(`token=x&${redeem('browser')}`, { Origin: BROWSER_ORIGIN }, path);
        assert.deepEqual([readers(seen), withCredentials(seen)], [BROWSER_ORIGIN, 'true'], path);
        assert.match(seen.headers.vary ?? '', /Origin/);
      }
      return `${BROWSER_ORIGIN}, credentials`;
    },
  );

  row(
    'I08',
    'the pages of a loopback redirect URI',
    'any port for a native client, one for a web client',
    async () => {
      const cases = [
        ['desktop', 'http://127.0.0.1', true],
        ['desktop', 'http://127.0.0.1:49152', true],
        ['desktop', 'http://127.0.0.1:65535', true],
        ['desktop', 'http://[::1]:49152', true],
        ['desktop', 'http://localhost:49152', false],
        ['desktop', 'https://127.0.0.1:49152', false],
        ['desktop', 'http://127.0.0.1.evil.example', false],
        ['desktop', 'http://127.0.0.1:49152/', false],
        ['desktop', 'http://127.0.0.1:', false],
        ['desktop', 'http://x@127.0.0.1:49152', false],
        ['desktop', 'http://127.1:49152', false],
        ['browser', 'http://localhost:5174', false],
        ['native', 'http://127.0.0.1:49152', false],
      ] as const;
      for (const [id, origin, readable] of cases) {
        const seen = await post(redeem(id), { Origin: origin });
        assert.equal(readers(seen), readable ? origin : undefined, `${id} ${origin}`);
      }
      return 'any port for a native client, one for a web client';
    },
  );

  row('I08', 'allowed_origins', 'these origins, for this client', async () => {
    for (const origin of APP_ORIGINS) {
      for (const path of ['/token', '/revoke']) {
        const seen = await post(`token=x&${redeem('phone')}`, { Origin: origin }, path);
        assert.deepEqual([readers(seen), withCredentials(seen)], [origin, 'true']);
        assert.deepEqual(corsOf(await post(`token=x&${redeem('native')}`, { Origin: origin }, path)), []);
      }
    }
    for (const origin of [
      'capacitor://evil',
      'capacitor://localhost:1',
      'https://localhost:1',
      'http://localhost',
    ]) {
      assert.deepEqual(corsOf(await post(redeem('phone'), { Origin: origin })), [], origin);
    }
    return 'these origins, for this client';
  });

  row('I08', 'a preflight', 'no credentials, no reflection', async () => {
    for (const path of ['/token', '/userinfo', '/introspect', '/revoke', '/par']) {
      const { status, headers } = await requestRaw(stage, `OPTIONS ${path} HTTP/1.1`, {
        Origin: EVIL,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'x-evil',
      });
      assert.equal(status, 204);
      assert.equal(headers['access-control-allow-credentials'], undefined);
      assert.doesNotMatch(JSON.stringify(headers), /evil/);
    }
    return 'no credentials, no reflection';
  });

  row('I08', '/authorize', 'no CORS', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const seen = await requestRaw(stage, `${method} /authorize?client_id=browser HTTP/1.1`, {
        Origin: EVIL,
      });
      assert.deepEqual(corsOf(seen), []);
    }
    return 'no CORS';
  });

  row('I08', 'Access-Control-Allow-Credentials, over the route table', '/revoke, /token', async () => {
    const { agent } = await signIn(stage.issuer);
    const cookie = agent.cookieHeader(new URL(stage.issuer));
    assert.match(cookie, /session/);
    const token = await accessToken('browser', `${BROWSER_ORIGIN}/cb`);
    const form = `token=x&response_type=code&${redeem('browser')}`;
    const found = new Set<string>();
    const { rows } = await engineRoutes();
    const paths = ['/', '/interaction/:uid', '/interaction/:uid/login', '/favicon.ico', '/nothing'];
    const methods = new Map<string, readonly string[]>([
      ...paths.map((path) => [path, ['GET', 'POST', 'OPTIONS']] as const),
      ...rows.map((each) => [each.path, methodsOf(each)] as const),
    ]);
    assert.ok(methods.size > 12);
    for (const [path, each] of methods) {
      for (const method of each) {
        const target = `${method} ${path.replace(':uid', 'x'.repeat(43))} HTTP/1.1`;
        const headers = { Origin: BROWSER_ORIGIN, Cookie: cookie, 'Content-Type': FORM };
        const seen = await Promise.all([
          requestRaw(stage, target, { ...headers, Authorization: `Bearer ${token}` }),
          ...(method === 'POST'
            ? [requestRaw(stage, target, { ...headers, 'Content-Length': String(form.length) }, form)]
            : []),
        ]);
        if (seen.some((answer) => withCredentials(answer) !== undefined)) found.add(path);
      }
    }
    return [...found].sort().join(', ');
  });
});
