import assert from 'node:assert/strict';
import { createHmac, createPublicKey, hash, type JsonWebKey, randomUUID } from 'node:crypto';
import { base64url, CompactEncrypt, decodeJwt } from 'jose';
import { API, basic, MACHINE, signIn, token, WEB } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const DEMO_API = { id: 'demo-api', secret: 'demo-api-secret' };

type Header = Record<string, unknown>;

/** Of HS256, HS384 and HS512; the short form has the first. */
const MAC_BITS = LONG ? [256, 384, 512] : [256];

/** A JWS with a MAC (RFC 7518 §3.2), as no library makes it with such a key. */
function hmac(claims: object, key: string | Buffer, header: Header = {}, digest = 'sha256'): string {
  const part = (value: object): string => base64url.encode(JSON.stringify(value));
  const data = `${part({ alg: 'HS256', ...header })}.${part(claims)}`;
  return `${data}.${createHmac(digest, key).update(data).digest('base64url')}`;
}

/** RFC 8725 §2.1: a key that everyone knows, or that is derived from one, must never verify anything. */
describe('E: symmetric keys', () => {
  const stage = useStage();
  /** Texts that an attacker or a reader of the store has, by name. */
  let secrets: Map<string, string | Buffer>;
  before(async () => {
    const { keys } = (await (await fetch(`${stage.issuer}/jwks`)).json()) as { keys: JsonWebKey[] };
    const [jwk] = keys as [JsonWebKey];
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const record = await stage.store.clients.find(WEB.id);
    const { digest } = record!.secrets[0]!;
    const [, salt = '', hashed = ''] = digest.split('$');
    secrets = new Map<string, string | Buffer>([
      ['the constant of an earlier version', 'kept as a digest'],
      ['the public key in PEM', key.export({ format: 'pem', type: 'spki' })],
      ['the public key in PEM, PKCS #1', key.export({ format: 'pem', type: 'pkcs1' })],
      ['the public key in DER', key.export({ format: 'der', type: 'spki' })],
      ['the public key as a JWK', JSON.stringify(jwk)],
      ['the modulus', Buffer.from(String(jwk.n), 'base64url')],
      ['the stored digest', digest],
      ['the digest alone', Buffer.from(hashed, 'base64url')],
      ['the digest alone, in base64url', hashed],
      ['the salt', Buffer.from(salt, 'base64url')],
      ['the secret', WEB.secret],
      ['a digest of the secret', hash('sha256', WEB.secret, 'buffer')],
      ['the client_id', WEB.id],
      ['an empty key', ''],
      ['undefined', 'undefined'],
    ]);
  });

  /** The answers for every key and with several headers; one when all are alike. */
  async function forEach(make: (key: string | Buffer) => string[], ask: (jwt: string) => Promise<string>) {
    const seen = new Map<string, string>();
    for (const [name, key] of secrets) for (const jwt of make(key)) seen.set(await ask(jwt), name);
    return [...seen.keys()].join(', ');
  }

  /** With each MAC, with and without the `kid` of the published key. */
  const forged =
    (claims: object, header: Header = {}) =>
    (key: string | Buffer): string[] =>
      MAC_BITS.flatMap((bits) => [
        hmac(claims, key, { alg: `HS${bits}`, ...header }, `sha${bits}`),
        hmac(claims, key, { alg: `HS${bits}` }, `sha${bits}`),
      ]);

  const unsigned = (claims: object, alg: string): string =>
    `${base64url.encode(JSON.stringify({ alg }))}.${base64url.encode(JSON.stringify(claims))}.`;

  /** The text of a token with another header. */
  const headerOf = (jwt: string): Header =>
    JSON.parse(Buffer.from(jwt.split('.')[0]!, 'base64url').toString()) as Header;

  row('E23', 'an id_token_hint with a MAC, at the authorization endpoint', 'R(invalid_request)', async () => {
    const { tokens } = await signIn(stage.issuer);
    const hint = tokens.id_token as string;
    return await forEach(forged(decodeJwt(hint), headerOf(hint)), (jwt) =>
      authorizationAnswer(stage, { id_token_hint: jwt, prompt: 'none' }),
    );
  });

  row('E23', 'an id_token_hint with a MAC, at the logout endpoint', '400 page, signed in', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const hint = tokens.id_token as string;
    const seen = await forEach(forged(decodeJwt(hint), headerOf(hint)), async (jwt) => {
      const query = new URLSearchParams({ id_token_hint: jwt });
      return await answer(stage, await agent.get(`${stage.issuer}/logout?${query.toString()}`));
    });
    const silent = await authorizationAnswer(stage, { prompt: 'none', scope: 'openid' }, agent);
    return `${seen}, ${silent === 'R(code)' ? 'signed in' : silent}`;
  });

  row('E23', 'an unsigned id_token_hint', 'R(invalid_request)', async () => {
    const { tokens } = await signIn(stage.issuer);
    const seen = new Set<string>();
    for (const alg of ['none', 'None', 'NONE', '']) {
      const hint = unsigned(decodeJwt(tokens.id_token as string), alg);
      seen.add(await authorizationAnswer(stage, { id_token_hint: hint, prompt: 'none' }));
    }
    return [...seen].join(', ');
  });

  row('E23', 'a client assertion with a MAC (client_secret_jwt)', '401 invalid_client', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = () => ({
      iss: WEB.id,
      sub: WEB.id,
      aud: stage.issuer,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
    });
    const seen = new Set<string>();
    for (const path of ['/token', '/introspect', '/revoke', '/par']) {
      const ask = async (jwt: string): Promise<string> => {
        const body = new URLSearchParams({
          grant_type: 'refresh_token',
          token: 'x',
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: jwt,
        });
        return await answer(stage, await fetch(stage.issuer + path, { method: 'POST', body }));
      };
      seen.add(await forEach((key) => forged(claims())(key), ask));
      seen.add(await ask(unsigned(claims(), 'none')));
    }
    return [...seen].join(', ');
  });

  row('E23', 'a request object with a MAC, unsigned or encrypted', 'R(invalid_request_object)', async () => {
    const claims = { client_id: WEB.id, iss: WEB.id, aud: stage.issuer, scope: 'openid' };
    const ask = (request: string) => authorizationAnswer(stage, { request });
    const seen = new Set([await forEach(forged(claims), ask), await ask(unsigned(claims, 'none'))]);
    const plaintext = Buffer.from(unsigned(claims, 'none'));
    const key = hash('sha256', 'kept as a digest', 'buffer');
    for (const alg of ['dir', 'A256KW', 'A256GCMKW', 'PBES2-HS256+A128KW'])
      seen.add(
        await ask(
          await new CompactEncrypt(plaintext).setProtectedHeader({ alg, enc: 'A256GCM' }).encrypt(key),
        ),
      );
    return [...seen].join(', ');
  });

  row('E23', 'an access token with a MAC, or unsigned', 'inactive, 200 revoked', async () => {
    const grant = { grant_type: 'client_credentials', scope: 'messages:read' };
    const { access_token: real } = (await token(stage.issuer, grant, MACHINE)).body;
    const post = (path: string, jwt: string, client: { id: string; secret: string }) =>
      fetch(stage.issuer + path, {
        method: 'POST',
        headers: { Authorization: basic(client) },
        body: new URLSearchParams({ token: jwt }),
      });
    const introspect = async (jwt: string): Promise<string> => {
      const { active } = (await (await post('/introspect', jwt, DEMO_API)).json()) as { active: boolean };
      return active ? 'active' : 'inactive';
    };
    assert.equal(await introspect(real), 'active');
    const claims = decodeJwt(real);
    assert.equal(claims.aud, API);
    const { kid } = headerOf(real);
    const seen = await forEach(forged(claims, { typ: 'at+jwt', kid }), introspect);
    assert.equal(await introspect(unsigned(claims, 'none')), 'inactive');
    // A forged token revokes nothing.
    const [jwt] = forged(claims, { typ: 'at+jwt', kid })('kept as a digest');
    const { status } = await post('/revoke', jwt!, MACHINE);
    assert.equal(await introspect(real), 'active');
    return `${seen}, ${status} revoked`;
  });

  row('E23', 'symmetric algorithms and none in the metadata of a client', 'refused', async () => {
    const withSecret = { redirect_uris: [WEB.redirectUri] };
    const withoutSecret = { ...withSecret, token_endpoint_auth_method: 'none' };
    const refused = async (metadata: object, member: object): Promise<void> => {
      const [name = ''] = Object.keys(member);
      const { problems } = (await stage.operator.clients.add({ ...metadata, ...member }).then(
        () => ({ problems: [] }),
        (error: unknown) => error,
      )) as { problems: string[] };
      assert.ok(
        problems.some((problem) => problem.startsWith(`${name}: `)),
        `${name}: ${problems.join()}`,
      );
    };
    for (const name of ['id_token', 'userinfo', 'introspection']) {
      await refused(withoutSecret, { [`${name}_signed_response_alg`]: 'HS256' });
      await refused(withSecret, { [`${name}_signed_response_alg`]: 'HS384' });
      await refused(withSecret, { [`${name}_signed_response_alg`]: 'none' });
      for (const alg of ['dir', 'A256KW', 'RSA1_5', 'PBES2-HS256+A128KW'])
        await refused(withSecret, { [`${name}_encrypted_response_alg`]: alg });
    }
    for (const member of [
      { request_object_encryption_alg: 'A256KW' },
      { authorization_signed_response_alg: 'HS256' },
      { token_endpoint_auth_signing_alg: 'HS256' },
      { token_endpoint_auth_signing_alg: 'none' },
    ])
      await refused(withSecret, member);
    return 'refused';
  });

  row('E23', 'a sign-in of a client that authenticates with its secret', 'signed in', async () => {
    const { tokens } = await signIn(stage.issuer, { agent: new UserAgent() });
    return tokens.id_token === undefined ? 'refused' : 'signed in';
  });
});
