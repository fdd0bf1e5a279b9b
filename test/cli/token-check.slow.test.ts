import assert from 'node:assert/strict';
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { decodeToken, issuerKeys, verifyToken } from '../../src/cli/token-check.ts';
import { type TokenKind, tokenKind } from '../../src/cli/token-kind.ts';
import { signIn } from '../support/flow.ts';
import { freePort } from '../support/free-port.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const AUDIENCE = 'http://localhost:3001';

describe('signet token', () => {
  let server: TestServer;
  let token: string;

  before(async () => {
    server = await startTestServer();
    const response = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('demo-machine:demo-machine-secret')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'messages:read' }),
    });
    ({ access_token: token } = (await response.json()) as { access_token: string });
  });
  after(() => server.stop());

  async function verify(
    text: string,
    expected: { issuer?: string; audience?: string; kind?: TokenKind | undefined } = {},
  ): Promise<unknown> {
    const keys = await issuerKeys(server.issuer);
    return await verifyToken(text, { keys, issuer: server.issuer, audience: undefined, ...expected });
  }

  it('decodes without checking', () => {
    const { header, payload } = decodeToken(token);
    assert.deepEqual([header.alg, header.typ, payload.aud], ['RS256', 'at+jwt', AUDIENCE]);
    assert.throws(() => decodeToken('opaque'), /this is not a signed JWT/);
    assert.throws(() => decodeToken(`${token}.x.y`), /this is not a signed JWT/);
  });

  it('verifies with the published keys of the issuer', async () => {
    const keys = await issuerKeys(server.issuer);
    const { payload } = await verifyToken(token, { keys, issuer: server.issuer, audience: AUDIENCE });
    assert.equal(payload.client_id, 'demo-machine');
  });

  it('distinguishes an ID token from an access token and other kinds', async () => {
    const { tokens } = await signIn(server.issuer);
    const idToken = tokens.id_token as string;
    const kindOf = async (text: string, kind?: TokenKind) =>
      ((await verify(text, { kind })) as { kind: string }).kind;
    assert.deepEqual([await kindOf(idToken), await kindOf(token)], ['id-token', 'access-token']);
    assert.equal(await kindOf(idToken, 'id-token'), 'id-token');
    assert.equal(await kindOf(token, 'access-token'), 'access-token');
    await assert.rejects(
      kindOf(idToken, 'access-token'),
      new Error('the token is not valid: it is an ID token, not an access token'),
    );
    await assert.rejects(
      kindOf(token, 'id-token'),
      new Error('the token is not valid: it is an access token, not an ID token'),
    );
  });

  const times = { iat: 1, exp: 2 };
  const person = { iss: 'https://as.example', sub: 'alice', aud: 'web', ...times };
  const kinds: [string, { typ?: string }, JWTPayload, TokenKind][] = [
    ['at+jwt', { typ: 'at+jwt' }, person, 'access-token'],
    ['application/at+jwt', { typ: 'application/AT+JWT' }, person, 'access-token'],
    ['the claims of an ID token', {}, person, 'id-token'],
    ['the claims of an ID token, and typ JWT', { typ: 'JWT' }, { ...person, nonce: 'x' }, 'id-token'],
    ['an access token of before RFC 9068', { typ: 'JWT' }, { ...person, scope: 'a' }, 'unknown'],
    ['logout+jwt', { typ: 'logout+jwt' }, person, 'logout-token'],
    [
      'the event of a logout token',
      {},
      { ...person, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      'logout-token',
    ],
    [
      'a client as issuer and subject',
      { typ: 'JWT' },
      { ...person, iss: 'web', sub: 'web' },
      'client-assertion',
    ],
    ['an unknown typ', { typ: 'vc+jwt' }, person, 'unknown'],
    ['too few claims', {}, { iss: 'https://as.example' }, 'unknown'],
  ];
  for (const [what, header, payload, kind] of kinds) {
    it(`classifies ${what} as ${kind}`, () => assert.equal(tokenKind({ header, payload }), kind));
  }

  it('reports whether issuer, audience or signature is wrong', async () => {
    await assert.rejects(
      verify(token, { issuer: 'https://other.example' }),
      /its issuer \(iss\) is not https:\/\/other/,
    );
    await assert.rejects(verify(token, { audience: 'http://x' }), /its audience \(aud\) is not http:\/\/x/);
    const [header, payload = '', signature] = token.split('.');
    const changed = Buffer.from(payload, 'base64url').toString().replace('demo-machine', 'demo-webbbbb');
    const tampered = [header, Buffer.from(changed).toString('base64url'), signature].join('.');
    await assert.rejects(verify(tampered), /the token is not valid: its signature is wrong/);
  });

  it('rejects tokens that are unsigned, of another key, signed with a shared key, or without exp', async () => {
    await assert.rejects(verify(new UnsecuredJWT({}).setExpirationTime('1h').encode()), /is not accepted/);
    const shared = new SignJWT({ iss: server.issuer }).setProtectedHeader({ alg: 'HS256' });
    await assert.rejects(
      verify(await shared.sign(Buffer.alloc(32))),
      /its algorithm \(alg\) is not accepted/,
    );
    const { privateKey } = await generateKeyPair('RS256');
    const foreign = new SignJWT({ iss: server.issuer }).setExpirationTime('1h');
    const signed = await foreign.setProtectedHeader({ alg: 'RS256', kid: 'x' }).sign(privateKey);
    await assert.rejects(verify(signed), /no published key has its kid and alg/);
  });

  it('requires the algorithm of the API', async () => {
    const keys = await issuerKeys(server.issuer);
    const expected = { keys, issuer: server.issuer, audience: AUDIENCE };
    await verifyToken(token, { ...expected, algorithm: 'RS256' });
    await assert.rejects(
      verifyToken(token, { ...expected, algorithm: 'ES256' }),
      new Error('the token is not valid: its algorithm (alg) is not ES256'),
    );
  });

  it('reports when a token expired', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const sign = async (claims: object) =>
      await new SignJWT({ iss: server.issuer, ...claims })
        .setProtectedHeader({ alg: 'RS256' })
        .sign(privateKey);
    const expected = { keys: async () => publicKey, issuer: server.issuer, audience: undefined };
    await assert.rejects(
      verifyToken(await sign({ exp: 1_700_000_000 }), expected),
      /it expired at 2023-11-14T22:13:20Z/,
    );
    await assert.rejects(verifyToken(await sign({}), expected), /its exp is missing/);
  });

  it('reports an issuer that does not answer, or is another', async () => {
    await assert.rejects(issuerKeys(`http://localhost:${await freePort()}`), /is the server running\?/);
    await assert.rejects(issuerKeys(`${server.issuer}/`), /has the issuer http:\/\/localhost:\d+, not/);
  });
});
