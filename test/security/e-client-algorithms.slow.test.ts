import { type KeyObject, randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { basic, signIn, WEB } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { signAsServer } from '../support/own-keys.ts';
import type { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer } from './support/answer.ts';
import {
  ATTACKER,
  foreignKeys,
  forgeries,
  HEADERS,
  hmac,
  part,
  publicJwk,
  seenFor,
} from './support/forged-jwts.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const REDIRECT_URI = 'http://localhost:3002/callback';
const SECRETS = {
  hmac: 'the-secret-of-the-client-with-hs256',
  other: 'the-secret-of-another-client-with-hs256',
  assertions: 'the-secret-of-the-client-that-asserts',
};
type Id = keyof typeof SECRETS;
const HMAC = { id_token_signed_response_alg: 'HS256', userinfo_signed_response_alg: 'HS256' };

/** RFC 8725 §2: each JWT is verified with exactly the algorithm and key of its client. */
describe('E: JWTs of clients with an algorithm of their own', () => {
  const client = (id: Id, members: object) => ({
    client_id: id,
    client_secret: SECRETS[id],
    redirect_uris: [REDIRECT_URI],
    scope: 'openid',
    first_party: true,
    ...members,
  });
  const stage = useStage({
    signingAlgorithms: ['RS256', 'ES256'],
    clients: [
      client('hmac', HMAC),
      client('other', HMAC),
      client('assertions', { token_endpoint_auth_method: 'client_secret_jwt' }),
      {
        client_id: 'keys',
        token_endpoint_auth_method: 'private_key_jwt',
        redirect_uris: [REDIRECT_URI],
        jwks: { keys: [publicJwk(ATTACKER.publicKey)] },
      },
      {
        client_id: 'pinned',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'PS256',
        redirect_uris: [REDIRECT_URI],
        jwks: { keys: [publicJwk(ATTACKER.publicKey)] },
      },
    ],
  });

  /** Rotates the secret without an overlap. @returns the keys of an attacker, with the one that has expired */
  async function rotate(id: Id): Promise<Map<string, string | Buffer>> {
    const { secret } = await stage.operator.clients.rotateSecret(id, { overlap: 0 });
    const expired = SECRETS[id];
    SECRETS[id] = secret;
    // Clients are cached for a second.
    await stage.advance(2);
    return await foreignKeys(stage, id, { expired, other: SECRETS.other });
  }

  const hintAnswer = (id: string, agent?: UserAgent) => (hint: string) =>
    authorizationAnswer(
      stage,
      { client_id: id, redirect_uri: REDIRECT_URI, scope: 'openid', id_token_hint: hint, prompt: 'none' },
      agent,
    );
  const app = (id: Id) => ({ id, secret: SECRETS[id], redirectUri: REDIRECT_URI });
  const signInTo = (id: Id) => signIn(stage.issuer, { client: app(id), parameters: { scope: 'openid' } });

  row('E27', 'a hint of a client with HS256, by other keys', 'R(code), R(invalid_request)', async () => {
    const keys = await rotate('hmac');
    const { agent, tokens } = await signInTo('hmac');
    const claims = decodeJwt(tokens.id_token as string);
    const ask = hintAnswer('hmac', agent);
    const own = await ask(hmac(claims, SECRETS.hmac, { kid: 'any' }));
    return `${own}, ${await seenFor(forgeries(claims, keys), ask)}`;
  });

  row('E27', 'a hint with the algorithm of another client', 'R(invalid_request)', async () => {
    const { agent, tokens } = await signInTo('hmac');
    const claims = decodeJwt(tokens.id_token as string);
    const web = await signIn(stage.issuer, { parameters: { scope: 'openid' } });
    const webClaims = decodeJwt(web.tokens.id_token as string);
    const { kid } = decodeProtectedHeader(web.tokens.id_token as string);
    const atWeb = (jwt: string) =>
      authorizationAnswer(stage, { id_token_hint: jwt, prompt: 'none', scope: 'openid' }, web.agent);
    const es256 = await signAsServer(stage.server, 'ES256', webClaims, 'JWT');
    const [, payload, signature] = es256.split('.');
    const seen = new Set([
      // RS256 and ES256 for a client with HS256.
      await hintAnswer('hmac', agent)(await signAsServer(stage.server, 'RS256', claims, 'JWT')),
      await hintAnswer('hmac', agent)(await signAsServer(stage.server, 'ES256', claims, 'JWT')),
      // ES256 and HS256 for a client with RS256, and an ES256 signature that says RS256.
      await atWeb(es256),
      await atWeb([part({ alg: 'RS256', kid }), payload, signature].join('.')),
      await atWeb(hmac(webClaims, WEB.secret, { kid })),
      // The ID token of another client with HS256.
      await hintAnswer('other', agent)(tokens.id_token as string),
    ]);
    return [...seen].join(', ');
  });

  // A hint with HS256 may be from before a rotation, so that the person is asked.
  row(
    'E27',
    'a forged hint of a client with HS256, at the logout endpoint',
    '200 page, 400 page, signed in',
    async () => {
      const keys = await rotate('hmac');
      const { agent, tokens } = await signInTo('hmac');
      const claims = decodeJwt(tokens.id_token as string);
      const seen = await seenFor(forgeries(claims, keys), async (jwt) => {
        const query = new URLSearchParams({ id_token_hint: jwt });
        return await answer(stage, await agent.get(`${stage.issuer}/logout?${query.toString()}`));
      });
      const silent = await hintAnswer('hmac', agent)(hmac(claims, SECRETS.hmac));
      return `${seen}, ${silent === 'R(code)' ? 'signed in' : silent}`;
    },
  );

  async function assertionAnswer(assertion: string, path = '/token'): Promise<string> {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'unknown',
      token: 'unknown',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    });
    return await answer(stage, await fetch(stage.issuer + path, { method: 'POST', body }));
  }
  const claimsOf = (id: string) => {
    const now = Math.floor(Date.now() / 1000);
    return { iss: id, sub: id, aud: stage.issuer, jti: randomUUID(), iat: now, exp: now + 60 };
  };

  row('E27', 'an assertion with client_secret_jwt, by other keys', '200, 401 invalid_client', async () => {
    const keys = await rotate('assertions');
    const own = await assertionAnswer(hmac(claimsOf('assertions'), SECRETS.assertions), '/introspect');
    const seen = new Set<string>();
    const paths = ['/token', '/introspect', '/revoke', '/par'];
    for (const [turn, path] of paths.entries()) {
      // In the short form each at one of the endpoints.
      const jwts = [...forgeries(claimsOf('assertions'), keys)].filter(
        (_, index) => LONG || index % paths.length === turn,
      );
      seen.add(await seenFor(jwts, (jwt) => assertionAnswer(jwt, path)));
    }
    // With the right key, and a key in the header.
    for (const header of Object.values(HEADERS).slice(0, 3)) {
      seen.add(await assertionAnswer(hmac(claimsOf('assertions'), SECRETS.assertions, header)));
    }
    return `${own}, ${[...seen].join(', ')}`;
  });

  row(
    'E27',
    'the secret of a client with client_secret_jwt, sent as it is',
    '401 invalid_client',
    async () => {
      const body = new URLSearchParams({ token: 'unknown' });
      const headers = { Authorization: basic(app('assertions')) };
      return await answer(
        stage,
        await fetch(`${stage.issuer}/introspect`, { method: 'POST', headers, body }),
      );
    },
  );

  row('E27', 'an assertion with a MAC of a client with private_key_jwt', '401 invalid_client', async () => {
    const key: KeyObject = ATTACKER.publicKey;
    const keys = new Map<string, string | Buffer>([
      ['PEM', key.export({ format: 'pem', type: 'spki' })],
      ['DER', key.export({ format: 'der', type: 'spki' })],
      ['JWK', JSON.stringify(publicJwk(key))],
      ['no key', ''],
    ]);
    const seen = new Set<string>();
    for (const [, secret] of keys) seen.add(await assertionAnswer(hmac(claimsOf('keys'), secret)));
    return [...seen].join(', ');
  });

  row(
    'E27',
    'an assertion with another algorithm than the registered one',
    '200, 401 invalid_client',
    async () => {
      const seen = new Set<string>();
      for (const alg of ['PS256', 'RS256', 'PS384']) {
        const jwt = await new SignJWT(claimsOf('pinned'))
          .setProtectedHeader({ alg })
          .sign(ATTACKER.privateKey);
        seen.add(await assertionAnswer(jwt, '/introspect'));
      }
      seen.add(await assertionAnswer(hmac(claimsOf('pinned'), '')));
      return [...seen].join(', ');
    },
  );

  row(
    'E27',
    'an access token with a MAC by the secret of its client',
    'inactive, 401 invalid_token',
    async () => {
      const seen = new Set<string>();
      const userinfo = `${stage.issuer}/userinfo`;
      for (const aud of [userinfo, 'http://localhost:3001', ['http://localhost:3001', userinfo]]) {
        const claims = { ...claimsOf('hmac'), client_id: 'hmac', aud, scope: 'openid' };
        const jwt = hmac(claims, SECRETS.hmac, { typ: 'at+jwt' });
        const headers = { Authorization: basic(app('hmac')) };
        const body = new URLSearchParams({ token: jwt });
        const introspected = await fetch(`${stage.issuer}/introspect`, { method: 'POST', headers, body });
        const { active } = (await introspected.json()) as { active: boolean };
        seen.add(active ? 'active' : 'inactive');
        seen.add(await answer(stage, await fetch(userinfo, { headers: { Authorization: `Bearer ${jwt}` } })));
      }
      return [...seen].join(', ');
    },
  );
});
