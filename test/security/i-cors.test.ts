import assert from 'node:assert/strict';
import { WEB } from '../support/flow.ts';
import { type Headers, postForm } from './support/post-form.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const BROWSER_ORIGIN = 'http://localhost:5173';
const CORS = /^access-control-/;
const EVIL = 'https://evil.example';

describe('I: pages of other origins', () => {
  const stage = useStage({
    clients: [
      {
        client_id: 'browser',
        token_endpoint_auth_method: 'none',
        redirect_uris: [`${BROWSER_ORIGIN}/cb`],
        scope: 'openid',
      },
      {
        client_id: 'native',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['com.example.app:/cb', 'myapp://cb'],
        scope: 'openid',
      },
    ],
  });
  const post = (body: string, headers: Headers) => postForm(stage, body, headers);
  const corsOf = ({ headers }: { headers: Record<string, string> }) =>
    Object.keys(headers).filter((name) => CORS.test(name));

  for (const origin of [
    EVIL,
    'null',
    'myapp://cb',
    `${BROWSER_ORIGIN}.evil.example`,
    'http://localhost:3002',
  ]) {
    row('I08', `a response of /token and /userinfo to ${origin}`, 'not readable', async () => {
      const body = 'grant_type=authorization_code&code=x&redirect_uri=x&client_id=';
      for (const id of ['browser', 'native', 'nobody', WEB.id]) {
        const seen = await post(body + id, { Origin: origin, Authorization: undefined });
        assert.ok(seen.status === 400 || seen.status === 401);
        assert.deepEqual(corsOf(seen), [], id);
      }
      for (const authorization of [undefined, 'Bearer x']) {
        const headers = { Origin: origin, Authorization: authorization };
        const seen = await requestRaw(stage, 'GET /userinfo HTTP/1.1', headers);
        assert.deepEqual([seen.status, corsOf(seen)], [401, []]);
      }
      return 'not readable';
    });
  }
  row('I08', 'a response of /token to the origin of the client', BROWSER_ORIGIN, async () => {
    const body = 'grant_type=authorization_code&code=x&redirect_uri=x&code_verifier=x&client_id=browser';
    const { headers } = await post(body, { Origin: BROWSER_ORIGIN, Authorization: undefined });
    assert.equal(headers['access-control-allow-credentials'], undefined);
    assert.match(headers.vary ?? '', /Origin/);
    return String(headers['access-control-allow-origin']);
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
});
