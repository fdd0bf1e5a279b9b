import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { base64url, exportSPKI, importJWK } from 'jose';
import { Api } from './api.ts';
import { Issuer, makeKey, type SigningKey } from './issuer.ts';

const now = (): number => Math.floor(Date.now() / 1000);
const encode = (value: unknown): string => base64url.encode(JSON.stringify(value));

describe('resource server: which tokens it rejects (RFC 9068 §4, RFC 8725)', () => {
  let issuer: Issuer;
  let api: Api;
  let stranger: SigningKey;
  let sameKid: SigningKey;
  let elliptic: SigningKey;

  before(async () => {
    issuer = await Issuer.start();
    [stranger, sameKid, elliptic] = await Promise.all([
      makeKey('stranger'),
      makeKey('first'),
      makeKey('elliptic', 'ES256'),
    ]);
    issuer.keys = [issuer.key.publicJwk, elliptic.publicJwk];
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
  });

  after(async () => {
    await api.stop();
    await issuer.stop();
  });

  /** Header and claims as given, encoded without jose, which would check them. */
  const unsigned = (header: object, signature = ''): string =>
    `${encode({ ...issuer.goodHeader(), ...header })}.${encode(issuer.goodClaims())}.${signature}`;

  /** Claims as raw JSON text, signed by the issuer. */
  async function signedText(claims: string): Promise<string> {
    const input = `${encode(issuer.goodHeader())}.${base64url.encode(claims)}`;
    const signature = await crypto.subtle.sign(
      'RSASSA-PKCS1-v1_5',
      issuer.key.privateKey,
      Buffer.from(input),
    );
    return `${input}.${base64url.encode(new Uint8Array(signature))}`;
  }

  const withRawClaim = (name: string, json: string): Promise<string> =>
    signedText(JSON.stringify({ ...issuer.goodClaims(), [name]: '@@' }).replace('"@@"', json));

  async function hmac(alg: string, secret: string): Promise<string> {
    const input = `${encode({ ...issuer.goodHeader(), alg })}.${encode(issuer.goodClaims())}`;
    return `${input}.${createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest('base64url')}`;
  }

  async function publicPem(): Promise<string> {
    const key = await importJWK(issuer.key.publicJwk, 'RS256', { extractable: true });
    assert.ok(!(key instanceof Uint8Array));
    return exportSPKI(key);
  }

  const claims = (changes: Record<string, unknown>) => () => issuer.token({ claims: changes });
  const header = (changes: Record<string, unknown>) => () => issuer.token({ header: changes });

  const cases: [string, () => string | Promise<string>][] = [
    // E01
    ...['none', 'None', 'nOnE', ''].flatMap((alg): [string, () => string][] => [
      [`E01 alg "${alg}" without a signature`, () => unsigned({ alg })],
      [`E01 alg "${alg}" with some signature`, () => unsigned({ alg }, 'c2ln')],
    ]),
    ['E01 no alg', () => unsigned({ alg: undefined }, 'c2ln')],
    ['E01 RS256 with an empty signature', () => unsigned({})],
    ['E01 two parts', async () => (await issuer.token()).split('.', 2).join('.')],
    ['E01 four parts', async () => `${await issuer.token()}.c2ln`],
    ['E01 five parts, like a JWE', async () => `${await issuer.token()}.c2ln.c2ln`],
    ['E01 text that is not a JWT', () => 'abc'],
    ['E01 an opaque token', () => base64url.encode(Buffer.alloc(32, 7))],
    ['E01 dots only', () => '..'],
    [
      'E01 a header that is not JSON',
      async () => (await issuer.token()).replace(/^[^.]+/, base64url.encode('{')),
    ],
    ['E01 a header that is an array', async () => (await issuer.token()).replace(/^[^.]+/, encode([]))],
    ['E01 claims that are not JSON', () => signedText('{')],
    ['E01 claims that are an array', () => signedText('[]')],
    ['E01 claims that are null', () => signedText('null')],
    // Algorithm confusion
    ['HS256 over the public key as PEM', async () => hmac('HS256', await publicPem())],
    ['HS256 over the public key as PEM, trimmed', async () => hmac('HS256', (await publicPem()).trim())],
    ['HS256 over the public JWK', () => hmac('HS256', JSON.stringify(issuer.key.publicJwk))],
    ['HS512 over the modulus', () => hmac('HS512', issuer.key.publicJwk.n ?? '')],
    ['HS256 with an empty secret', () => hmac('HS256', '')],
    [
      'ES256 from the issuer, not on the list',
      () => issuer.token({ key: elliptic, alg: 'ES256', header: { kid: 'elliptic' } }),
    ],
    ['alg in an array', () => unsigned({ alg: ['RS256'] }, 'c2ln')],
    // Keys from elsewhere
    [
      'a key that the issuer does not have',
      () => issuer.token({ key: stranger, header: { kid: 'stranger' } }),
    ],
    ["another key under the issuer's kid", () => issuer.token({ key: sameKid })],
    ['the kid of an EC key with RS256', () => header({ kid: 'elliptic' })()],
    ['the signing key in jwk', () => issuer.token({ key: stranger, header: { jwk: stranger.publicJwk } })],
    [
      'its own key in jwk, without kid',
      () => issuer.token({ key: stranger, header: { jwk: stranger.publicJwk, kid: undefined } }),
    ],
    ['jwk, though signed by the issuer', () => header({ jwk: issuer.key.publicJwk })()],
    ['jku', header({ jku: 'http://127.0.0.1:9/jwks' })],
    ['x5u', header({ x5u: 'http://127.0.0.1:9/cert' })],
    ['x5c', header({ x5c: ['AAAA'] })],
    ['a kid that is a path', header({ kid: '../../../../dev/null' })],
    ['a kid that is a number', header({ kid: 1 })],
    ['a kid that is __proto__', header({ kid: '__proto__' })],
    // RFC 7515 §4.1.11
    ['crit with an unknown extension', () => unsigned({ crit: ['exp'], exp: 1 }, 'c2ln')],
    ['crit with b64, which jose supports', header({ crit: ['b64'], b64: true })],
    ['an empty crit', () => unsigned({ crit: [] }, 'c2ln')],
    ['crit that is not an array', () => unsigned({ crit: 'b64' }, 'c2ln')],
    ['b64', () => unsigned({ b64: false, crit: ['b64'] }, 'c2ln')],
    // E05
    ['E05 no typ', header({ typ: undefined })],
    ...[
      'JWT',
      'jwt',
      'AT+JWT',
      'at+jwt ',
      'at+jwt+x',
      'application/jwt',
      'logout+jwt',
      'dpop+jwt',
      'text/at+jwt',
      '',
    ].map((typ): [string, () => Promise<string>] => [`E05 typ "${typ}"`, header({ typ })]),
    [
      'E05 an ID token',
      () =>
        issuer.token({
          header: { typ: 'JWT' },
          claims: { aud: 'demo-web', nonce: 'n', client_id: undefined },
        }),
    ],
    [
      'E05 an ID token whose audience is ours',
      () => issuer.token({ header: { typ: undefined }, claims: { nonce: 'n' } }),
    ],
    [
      'E05 a logout token',
      () =>
        issuer.token({
          header: { typ: 'logout+jwt' },
          claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
        }),
    ],
    [
      'E05 a client assertion',
      () =>
        issuer.token({
          header: { typ: 'client-authentication+jwt' },
          claims: { iss: 'demo-web', sub: 'demo-web' },
        }),
    ],
    // E06
    ['E06 no iss', claims({ iss: undefined })],
    ['E06 iss with a trailing slash', () => issuer.token({ claims: { iss: `${issuer.url}/` } })],
    ['E06 iss in another case', () => issuer.token({ claims: { iss: issuer.url.toUpperCase() } })],
    [
      'E06 iss by another name of the host',
      () => issuer.token({ claims: { iss: issuer.url.replace('127.0.0.1', 'localhost') } }),
    ],
    ['E06 iss in an array', () => withRawClaim('iss', JSON.stringify([issuer.url]))],
    ['E06 no aud', claims({ aud: undefined })],
    ['E06 the aud of another API', claims({ aud: 'http://localhost:3003' })],
    ['E06 aud with a trailing slash', claims({ aud: 'http://localhost:3001/' })],
    ['E06 an aud that starts with ours', claims({ aud: 'http://localhost:30011' })],
    ['E06 an aud list without ours', claims({ aud: ['http://localhost:3000', 'demo-web'] })],
    ['E06 an empty aud list', claims({ aud: [] })],
    ['E06 aud as an object', () => withRawClaim('aud', '{"0":"http://localhost:3001","length":1}')],
    [
      "E06 another environment's key and issuer",
      () => issuer.token({ key: stranger, claims: { iss: 'https://staging.example.com' } }),
    ],
    // E07
    ['E07 exp just beyond the tolerance', () => issuer.token({ claims: { exp: now() - 11 } })],
    ['E07 exp in 1970', claims({ exp: 1 })],
    ['E07 no exp', claims({ exp: undefined })],
    ['E07 exp 0', claims({ exp: 0 })],
    ['E07 exp as a string', () => withRawClaim('exp', `"${now() + 300}"`)],
    ['E07 exp as a float', () => withRawClaim('exp', `${now() + 300}.5`)],
    ['E07 exp 1e400', () => withRawClaim('exp', '1e400')],
    ['E07 exp 1e300', () => withRawClaim('exp', '1e300')],
    ['E07 exp null', () => withRawClaim('exp', 'null')],
    ['E07 exp in an array', () => withRawClaim('exp', `[${now() + 300}]`)],
    ['E07 exp true', () => withRawClaim('exp', 'true')],
    ['E07 nbf in an hour', () => issuer.token({ claims: { nbf: now() + 3600 } })],
    ['E07 nbf as a string', () => withRawClaim('nbf', '"0"')],
    ['E07 nbf -1e400', () => withRawClaim('nbf', '-1e400')],
    ['E07 iat in the future', () => issuer.token({ claims: { iat: now() + 60, exp: now() + 600 } })],
    [
      'E07 iat far in the future',
      () => issuer.token({ claims: { iat: now() + 86_400_000, exp: now() + 86_500_000 } }),
    ],
    ['E07 no iat', claims({ iat: undefined })],
    ['E07 iat as a string', () => withRawClaim('iat', `"${now()}"`)],
    // RFC 9068 §2.2
    ...['sub', 'client_id', 'jti'].flatMap((name): [string, () => Promise<string>][] => [
      [`no ${name}`, claims({ [name]: undefined })],
      [`an empty ${name}`, claims({ [name]: '' })],
      [`${name} as a number`, () => withRawClaim(name, '1')],
      [`${name} as null`, () => withRawClaim(name, 'null')],
      [`${name} as an object`, () => withRawClaim(name, '{}')],
    ]),
    ['scope as an array', () => withRawClaim('scope', '["messages:read","messages:write"]')],
    [
      'E19 a DPoP-bound token as bearer',
      claims({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }),
    ],
    [
      'E19 a certificate-bound token as bearer',
      claims({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } }),
    ],
    [
      'the claims of one token with the signature of another',
      async () => {
        const [head, , signature] = (await issuer.token()).split('.');
        return `${head}.${encode({ ...issuer.goodClaims(), sub: 'mallory' })}.${signature}`;
      },
    ],
  ];

  for (const [name, make] of cases) {
    it(`rejects ${name}`, async () => {
      const { status, headers, json } = await api.post(await make(), '{"text":"entered"}');
      assert.equal(status, 401);
      assert.equal(json.error, 'invalid_token');
      assert.match(
        headers['www-authenticate'] ?? '',
        /^Bearer error="invalid_token", error_description="[^"]+", scope="messages:(?:read|write)", resource_metadata="/,
      );
    });
  }

  it('calls the handler for none of them, and sends the same response to all', async () => {
    const answers = await Promise.all(
      cases.map(async ([, make]) => (await api.ask({ token: await make() })).text),
    );
    assert.equal(new Set(answers).size, 1);
    const { json } = await api.ask({ token: await issuer.token() });
    assert.deepEqual(json, { messages: [] });
    assert.deepEqual(api.errors, []);
  });

  const accepted: [string, () => Promise<string>][] = [
    ['application/at+jwt as typ', header({ typ: 'application/at+jwt' })],
    ['our audience among others', claims({ aud: ['http://localhost:3000', 'http://localhost:3001'] })],
    ['exp within the tolerance', () => issuer.token({ claims: { exp: now() - 5 } })],
    ['nbf and iat within the tolerance', () => issuer.token({ claims: { nbf: now() + 8, iat: now() + 8 } })],
    ['no kid, while the issuer has one key for the algorithm', header({ kid: undefined })],
    [
      'claims and header parameters that it does not know',
      () => issuer.token({ header: { x5t: 'AAAA' }, claims: { roles: ['x'] } }),
    ],
  ];

  for (const [name, make] of accepted) {
    it(`accepts ${name}`, async () => assert.equal((await api.ask({ token: await make() })).status, 200));
  }
});
