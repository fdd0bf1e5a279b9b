import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { compactDecrypt, CompactEncrypt, decodeProtectedHeader } from 'jose';
import { authorizationRequest, authorize, basic, signIn, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer } from './support/answer.ts';
import { type Header, publicJwk, signed } from './support/forged-jwts.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const REDIRECT_URI = 'http://localhost:3002/callback';
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEYS = { sig: pair(), enc: pair() };
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 8725 §3.5, RFC 7517 §4.2: a key for signatures encrypts nothing, and a key for encryption verifies nothing. */
describe('E: keys for signatures and for encryption', () => {
  const stage = useStage({
    clients: [
      {
        client_id: 'keys',
        token_endpoint_auth_method: 'private_key_jwt',
        redirect_uris: [REDIRECT_URI],
        scope: 'openid',
        first_party: true,
        id_token_encrypted_response_alg: 'ECDH-ES',
        jwks: {
          keys: [
            // Without `use`, as a client may have registered it before there was encryption.
            { ...publicJwk(KEYS.sig.publicKey), kid: 'sig' },
            { ...publicJwk(KEYS.enc.publicKey), kid: 'enc', use: 'enc' },
          ],
        },
      },
    ],
  });

  const assertion = (key: KeyObject, header: Header = {}): string => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'keys',
      sub: 'keys',
      aud: stage.issuer,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
    };
    return signed(claims, key, { alg: 'ES256', ...header });
  };
  const post = (path: string, fields: Record<string, string>) =>
    fetch(stage.issuer + path, { method: 'POST', body: new URLSearchParams(fields) });
  const assert = async (jwt: string): Promise<string> => {
    const fields = { token: 'unknown', client_assertion_type: ASSERTION_TYPE, client_assertion: jwt };
    return await answer(stage, await post('/introspect', fields));
  };

  row('E28', 'an assertion that the key for encryption signed', '200, 401 invalid_client', async () => {
    const good = await assert(assertion(KEYS.sig.privateKey, { kid: 'sig' }));
    const seen = new Set<string>();
    for (const header of [{}, { kid: 'enc' }, { kid: 'sig' }, { alg: 'ECDH-ES', kid: 'enc' }])
      seen.add(await assert(assertion(KEYS.enc.privateKey, header)));
    return `${good}, ${[...seen].join(', ')}`;
  });

  row('E28', 'an encrypted ID token, opened with each key', 'enc opens, sig is refused', async () => {
    const request = authorizationRequest(stage.issuer, {
      client_id: 'keys',
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
    });
    const callback = await authorize(new UserAgent(), request);
    const response = await post('/token', {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') as string,
      redirect_uri: REDIRECT_URI,
      code_verifier: request.verifier,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion(KEYS.sig.privateKey),
    });
    const { id_token: jwe } = (await response.json()) as { id_token: string };
    const opens = (key: KeyObject) =>
      compactDecrypt(jwe, key).then(
        () => 'opens',
        () => 'is refused',
      );
    const { kid } = decodeProtectedHeader(jwe);
    return `${kid} ${await opens(KEYS.enc.privateKey)}, sig ${await opens(KEYS.sig.privateKey)}`;
  });

  /** A JWT that an attacker has encrypted, with a key of its own and with the key of the client. */
  const wrapped = async (jwt: string): Promise<string[]> => {
    const encrypted = (header: { alg: string; kid?: string }) =>
      new CompactEncrypt(Buffer.from(jwt)).setProtectedHeader({ enc: 'A256GCM', cty: 'JWT', ...header });
    return [
      await encrypted({ alg: 'dir' }).encrypt(Buffer.alloc(32, 1)),
      await encrypted({ alg: 'ECDH-ES', kid: 'enc' }).encrypt(KEYS.enc.publicKey),
    ];
  };

  row('E28', 'a JWE as an id_token_hint', 'R(invalid_request)', async () => {
    const { agent, tokens } = await signIn(stage.issuer);
    const seen = new Set<string>();
    for (const jwe of await wrapped(tokens.id_token as string)) {
      seen.add(await authorizationAnswer(stage, { id_token_hint: jwe, prompt: 'none' }, agent));
    }
    return [...seen].join(', ');
  });

  row('E28', 'a JWE as a client assertion', '400 invalid_request', async () => {
    const seen = new Set<string>();
    for (const jwe of await wrapped(assertion(KEYS.sig.privateKey))) seen.add(await assert(jwe));
    return [...seen].join(', ');
  });

  row('E28', 'a JWE as an access token', 'inactive, 401 invalid_token', async () => {
    const { tokens } = await signIn(stage.issuer);
    const seen = new Set<string>();
    for (const jwe of await wrapped(tokens.access_token)) {
      const introspected = await fetch(`${stage.issuer}/introspect`, {
        method: 'POST',
        headers: { Authorization: basic(WEB) },
        body: new URLSearchParams({ token: jwe }),
      });
      const { active } = (await introspected.json()) as { active: boolean };
      seen.add(active ? 'active' : 'inactive');
      const headers = { Authorization: `Bearer ${jwe}` };
      seen.add(await answer(stage, await fetch(`${stage.issuer}/userinfo`, { headers })));
    }
    return [...seen].join(', ');
  });
});
