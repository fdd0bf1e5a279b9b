import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { signIn, WEB } from '../support/flow.ts';
import { signAsServer } from '../support/own-keys.ts';
import { UserAgent } from '../support/user-agent.ts';
import { authorizationAnswer } from './support/answer.ts';
import { introspect } from './support/apis.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const MAIL = 'https://mail.example';
const STRICT = 'https://strict.example';
const INACTIVE = '{"active":false}';

/** An API whose access tokens have the type `JWT` cannot tell them from other JWTs by that (RFC 8725 §2.8). */
describe('E: JWTs of another kind at an API with accessTokenType: JWT', () => {
  const stage = useStage({
    apis: [
      {
        audience: MAIL,
        name: 'Mail',
        scopes: { mail: 'Read your mail' },
        introspectionClients: ['mail-server'],
        accessTokenType: 'JWT',
        accessTokenClaims: ['email'],
      },
      {
        audience: STRICT,
        name: 'Strict',
        scopes: { strict: 'Use it' },
        introspectionClients: ['mail-server'],
      },
    ],
    clients: [
      {
        client_id: 'app',
        client_secret: SECRET,
        redirect_uris: [WEB.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid mail strict',
      },
      { client_id: 'mail-server', client_secret: SECRET, grant_types: [] },
      { client_id: 'stranger', client_secret: SECRET, grant_types: [] },
    ],
  });
  const app = { id: 'app', secret: SECRET, redirectUri: WEB.redirectUri };
  const start = async (resource: string) =>
    await signIn(stage.issuer, {
      client: app,
      parameters: { scope: resource === MAIL ? 'openid mail' : 'openid strict', resource },
    });
  const told = async (value: string, id = 'mail-server') =>
    await (await introspect(stage, value, { id, secret: SECRET })).text();
  const isActive = async (value: string) => (await told(value)).startsWith('{"active":true');

  row('E05', 'its own access token', 'active', async () => {
    const { tokens } = await start(MAIL);
    return (await isActive(tokens.access_token)) ? 'active' : 'inactive';
  });

  row('E05', 'an ID token, also with the audience of the API', INACTIVE, async () => {
    const { tokens } = await start(MAIL);
    const claims = decodeJwt(String(tokens.id_token));
    const seen = new Set([await told(String(tokens.id_token))]);
    // The server signs no such token: with the audience of the API, and one claim of an access token or none.
    for (const more of [{}, { jti: 'x' }, { client_id: 'app' }])
      for (const typ of ['JWT', 'logout+jwt'])
        seen.add(
          await told(await signAsServer(stage.server, 'RS256', { ...claims, ...more, aud: MAIL }, typ)),
        );
    return [...seen].join(', ');
  });

  row('E05', 'access tokens with another type, and of the type JWT at another API', INACTIVE, async () => {
    const seen = new Set<string>();
    for (const [audience, types] of [
      [MAIL, ['logout+jwt', 'jwt', 'client-authentication+jwt']],
      [STRICT, ['JWT', 'logout+jwt']],
    ] as const) {
      const { access_token: value } = (await start(audience)).tokens;
      assert.equal(await isActive(value), true);
      for (const typ of types)
        seen.add(await told(await signAsServer(stage.server, 'RS256', decodeJwt(value), typ)));
    }
    return [...seen].join(', ');
  });

  row('E05', 'a token from before the type was changed', 'active', async () => {
    const { access_token: value } = (await start(MAIL)).tokens;
    const earlier = await signAsServer(stage.server, 'RS256', decodeJwt(value), 'at+jwt');
    return (await isActive(earlier)) ? 'active' : 'inactive';
  });

  row(
    'E05',
    'its access token as an ID token hint, and at userinfo',
    'R(invalid_request), 400, 401',
    async () => {
      const { access_token: value } = (await start(MAIL)).tokens;
      const hint = await authorizationAnswer(stage, {
        client_id: 'app',
        scope: 'openid',
        id_token_hint: value,
      });
      const logout = await new UserAgent().get(new URL(`${stage.issuer}/logout?id_token_hint=${value}`));
      const userinfo = await fetch(`${stage.issuer}/userinfo`, {
        headers: { Authorization: `Bearer ${value}` },
      });
      return [hint, logout.status, userinfo.status].join(', ');
    },
  );

  row('E05', 'a client that signs people in, with the audience as its id', 'refused', async () => {
    const metadata = { client_id: MAIL, redirect_uris: [WEB.redirectUri], scope: 'openid' };
    await assert.rejects(stage.operator.clients.add(metadata), {
      problems: [
        'client_id: is the audience of an API with accessTokenType: JWT, which would accept the ID tokens of the client; choose another, or set accessTokenType: at+jwt',
      ],
    });
    await stage.operator.clients.add({ ...metadata, client_id: STRICT });
    await stage.operator.clients.add({ client_id: MAIL, grant_types: [] });
    return 'refused';
  });

  row('F17', 'the claims and the username in a token of another client', INACTIVE, async () => {
    const { access_token: value } = (await start(MAIL)).tokens;
    const { username, email } = JSON.parse(await told(value)) as Record<string, unknown>;
    assert.deepEqual([username, email], ['alice', 'alice@example.com']);
    return await told(value, 'stranger');
  });
});
