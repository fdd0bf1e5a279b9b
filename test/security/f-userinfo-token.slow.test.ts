import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { API, basic, MACHINE, signIn, token, type TokenResponse, WEB } from '../support/flow.ts';
import { introspect, machine, ORDERS } from './support/apis.ts';
import { row } from './support/row.ts';
import { useSampleApi } from './support/sample-api.ts';
import { useStage } from './support/stage.ts';

const PRIVATE = 'https://private.example';
const SECRET = 'a-secret-of-more-than-32-characters';
const REFUSED = '401 invalid_token';
const app = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });
const declared = (id: string, scope: string) => ({
  client_id: id,
  client_secret: SECRET,
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope,
});

/** A token for an API and userinfo, which is an exception to RFC 9068 §3 and RFC 8707 §2. */
describe('F: tokens for an API and userinfo', () => {
  const stage = useStage({
    apis: [
      {
        audience: ORDERS,
        name: 'Orders',
        scopes: { 'orders:read': 'Read' },
        introspectionClients: ['orders-api'],
      },
      { audience: PRIVATE, name: 'Private', scopes: { 'private:read': 'Read' }, userinfo: false },
    ],
    clients: [
      declared('orders-app', 'openid email orders:read'),
      declared('private-app', 'openid email private:read'),
      { client_id: 'orders-api', client_secret: SECRET, grant_types: [] },
    ],
  });
  const ownApi = useSampleApi(stage);
  const otherApi = useSampleApi(stage, { audience: ORDERS });

  const start = async (client: typeof WEB, parameters: Record<string, string>) =>
    (await signIn(stage.issuer, { client, parameters })).tokens;
  async function atUserinfo(value: string, authorization = `Bearer ${value}`): Promise<string> {
    const response = await fetch(`${stage.issuer}/userinfo`, { headers: { Authorization: authorization } });
    const body = (await response.json()) as { error?: string };
    return `${response.status} ${body.error ?? Object.keys(body).toSorted().join(' ')}`;
  }
  async function at({ port }: { port: number }, value: string): Promise<number> {
    const headers = { Authorization: `Bearer ${value}` };
    const response = await fetch(`http://127.0.0.1:${port}/messages`, { headers });
    await response.body?.cancel();
    return response.status;
  }
  const refresh = async (client: typeof WEB, from: TokenResponse, more: Record<string, string> = {}) =>
    (
      await token(
        stage.issuer,
        { grant_type: 'refresh_token', refresh_token: from.refresh_token as string, ...more },
        client,
      )
    ).body;

  row('F23', 'a token for two audiences at another API', '401', async () => {
    const { access_token: value } = await start(WEB, { scope: 'openid email messages:read' });
    assert.deepEqual(decodeJwt(value).aud, [API, `${stage.issuer}/userinfo`]);
    assert.equal(await at(ownApi, value), 200);
    assert.equal(await (await introspect(stage, value, machine('orders-api'))).text(), '{"active":false}');
    return String(await at(otherApi, value));
  });
  row('F23', 'a token for an API that the request named, at userinfo', REFUSED, async () => {
    const { access_token: value } = await start(WEB, { scope: 'openid email messages:read', resource: API });
    assert.equal(await at(ownApi, value), 200);
    return await atUserinfo(value);
  });
  row('F23', 'a token for an API that each token request names, at userinfo', REFUSED, async () => {
    const tokens = await start(WEB, { scope: 'openid email messages:read' });
    assert.equal(await atUserinfo(tokens.access_token), '200 email email_verified sub');
    const next = await refresh(WEB, tokens, { resource: API });
    const seen = await atUserinfo(next.access_token);
    assert.equal(await atUserinfo((await refresh(WEB, next)).access_token), '200 email email_verified sub');
    return seen;
  });
  row('F23', 'a token for an API with userinfo: false, at userinfo', REFUSED, async () => {
    const tokens = await start(app('private-app'), { scope: 'openid email private:read' });
    assert.equal(decodeJwt(tokens.access_token).aud, PRIVATE);
    return await atUserinfo(tokens.access_token);
  });
  row('F23', 'a token of a machine, at userinfo', REFUSED, async () => {
    const grant = { grant_type: 'client_credentials' };
    const seen = new Set<string>();
    for (const more of [{}, { scope: 'messages:read' }, { resource: API }, { unknown: 'parameter' }]) {
      const { access_token: value } = (await token(stage.issuer, { ...grant, ...more }, MACHINE)).body;
      assert.equal(decodeJwt(value).aud, API);
      seen.add(await atUserinfo(value));
    }
    return [...seen].join();
  });
  row('F23', 'a token of a client that was removed and added again, at userinfo', REFUSED, async () => {
    const metadata = declared('passing', 'openid email orders:read');
    const { client_secret: secret, ...registered } = metadata;
    await stage.operator.clients.add(registered, { secret });
    const { access_token: value } = await start(app('passing'), { scope: 'openid email orders:read' });
    assert.equal(await atUserinfo(value), '200 email email_verified sub');
    await stage.operator.clients.remove('passing');
    await stage.advance(2);
    assert.equal(await atUserinfo(value), REFUSED);
    await stage.operator.clients.add(registered, { secret });
    await stage.advance(2);
    return await atUserinfo(value);
  });
  row('F23', 'a token without a scope of the API, at the API', '401', async () => {
    const tokens = await start(WEB, { scope: 'openid email messages:read' });
    const narrowed = await refresh(WEB, tokens, { scope: 'openid email' });
    assert.equal(narrowed.scope, 'openid email');
    assert.equal(await atUserinfo(narrowed.access_token), '200 email email_verified sub');
    return String(await at(ownApi, narrowed.access_token));
  });
  row('F23', 'an ID token, and a changed JWT, at userinfo', REFUSED, async () => {
    const tokens = await start(WEB, { scope: 'openid email messages:read' });
    const [header = '', payload = '', signature = ''] = tokens.access_token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const changed = Buffer.from(JSON.stringify({ ...claims, scope: 'openid profile' })).toString('base64url');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const seen = new Set<string>();
    for (const value of [
      tokens.id_token as string,
      `${header}.${changed}.${signature}`,
      `${none}.${payload}.`,
      `${header}.${payload}.`,
    ])
      seen.add(await atUserinfo(value));
    return [...seen].join();
  });
  row('F23', 'a token with a revoked jti, concurrently', 'never accepted after the response', async () => {
    const { access_token: value } = await start(WEB, { scope: 'openid messages:read' });
    const revoked = fetch(`${stage.issuer}/revoke`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams({ token: value }),
    });
    const [response] = await Promise.all([revoked, ...Array.from({ length: 8 }, () => atUserinfo(value))]);
    assert.equal(response.status, 200);
    const after = await Promise.all(Array.from({ length: 8 }, () => atUserinfo(value)));
    assert.deepEqual([...new Set(after)], [REFUSED]);
    return 'never accepted after the response';
  });
});
