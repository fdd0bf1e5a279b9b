import assert from 'node:assert/strict';
import { createHmac, createPublicKey, randomInt } from 'node:crypto';
import { base64url, CompactSign, exportJWK, generateKeyPair } from 'jose';
import { authorize, basic } from '../support/flow.ts';
import { byValue, SigningClient } from '../support/request-object.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const INVALID = 'R(invalid_request_object)';
const part = (value: object | string): string =>
  base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));

describe('C: request objects', () => {
  const clients = { signing: {}, other: {}, fixed: { request_object_signing_alg: 'RS256' as const } };
  const signers = new Map<string, SigningClient>();
  const stage = useStage();
  before(async () => {
    for (const [id, members] of Object.entries(clients)) {
      const made = await SigningClient.create(id, id === 'fixed' ? 'RS256' : 'ES256');
      signers.set(id, made);
      await stage.operator.clients.add({ ...made.metadata, ...members });
    }
  });
  const signer = (id: keyof typeof clients): SigningClient => {
    const found = signers.get(id);
    assert.ok(found);
    return found;
  };

  /** Beside the object there is a complete request, so that an object that was ignored would be accepted. */
  const ask = (request: string, id = 'signing', beside = {}): Promise<string> =>
    authorizationAnswer(stage, { client_id: id, request, scope: 'openid', state: 'outside', ...beside });

  /** The answer to each object, once. */
  async function all(objects: readonly (string | Promise<string>)[], id = 'signing'): Promise<string> {
    const seen = new Set<string>();
    for (const object of objects) seen.add(await ask(await object, id));
    return [...seen].join(', ');
  }

  row('C11', 'no signature, or that of nobody', INVALID, async () => {
    const claims = signer('signing').claims(stage.issuer);
    const signed = await signer('signing').sign(claims);
    const [header = '', payload = '', signature = ''] = signed.split('.');
    const forged = part({ ...claims, scope: 'openid' });
    return await all([
      `${part({ alg: 'none' })}.${payload}.`,
      `${part({ alg: 'None' })}.${payload}.${signature}`,
      `${part({ alg: '' })}.${payload}.${signature}`,
      `${part({})}.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${'A'.repeat(86)}`,
      `${header}.${forged}.${signature}`,
      `${header}.${payload}.${signature}.x`,
      '..',
      'nonsense',
      part(claims),
    ]);
  });

  row(
    'C11',
    'the public key as an HMAC secret, and other algorithms than that of the key',
    INVALID,
    async () => {
      const { jwk } = signer('fixed');
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const claims = signer('fixed').claims(stage.issuer);
      const macs = [
        key.export({ format: 'pem', type: 'spki' }),
        key.export({ format: 'der', type: 'spki' }),
        JSON.stringify(jwk),
        Buffer.from(String(jwk.n), 'base64url'),
        signer('fixed').secret,
        '',
      ].flatMap((secret) =>
        ['256', '384', '512'].map((bits) => {
          const data = `${part({ alg: `HS${bits}`, kid: 'one' })}.${part(claims)}`;
          return `${data}.${createHmac(`sha${bits}`, secret).update(data).digest('base64url')}`;
        }),
      );
      const signed = await signer('fixed').sign(claims);
      const [, payload = '', signature = ''] = signed.split('.');
      const renamed = ['PS256', 'RS384', 'RS512', 'ES256', 'RS1', 'EdDSA'].map(
        (alg) => `${part({ alg, kid: 'one' })}.${payload}.${signature}`,
      );
      return await all([...macs, ...renamed], 'fixed');
    },
  );

  row('C11', 'the key of another client, of a header, of nobody; another kid', INVALID, async () => {
    const own = signer('signing');
    const claims = own.claims(stage.issuer);
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const stranger = async (header: object): Promise<string> =>
      await new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'ES256', ...header })
        .sign(privateKey);
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one' };
    return await all([
      signer('other').sign(claims),
      stranger({ kid: 'one' }),
      stranger({ kid: 'one', jwk }),
      stranger({ jwk }),
      stranger({ kid: 'two', jku: 'http://127.0.0.1:1/keys' }),
      stranger({ kid: "one' OR 1=1", x5u: 'http://127.0.0.1:1/keys' }),
      own.sign(claims, { kid: 'two' }),
      own.sign(claims, { kid: '../one' }),
    ]);
  });

  row(
    'C11',
    'wrong iss, aud, exp, nbf; an object of another client; sub of the client',
    INVALID,
    async () => {
      const own = signer('signing');
      const now = Math.floor(Date.now() / 1000);
      const changes: Record<string, unknown>[] = [
        { iss: undefined },
        { iss: 'other' },
        { iss: ['signing'] },
        { aud: undefined },
        { aud: `${stage.issuer}/` },
        { aud: `${stage.issuer}/authorize` },
        { aud: ['https://evil.example'] },
        { aud: { 0: stage.issuer } },
        { exp: now - 11 },
        { exp: '2100-01-01' },
        { exp: null },
        { nbf: now + 60 },
        { sub: 'signing' },
        { client_id: 'other' },
        { client_id: 'other', iss: 'other' },
      ];
      return await all([
        ...changes.map((change) => own.object(stage.issuer, change)),
        signer('other').object(stage.issuer),
      ]);
    },
  );

  row('C11', 'the type of another kind of JWT, extensions', INVALID, async () => {
    const own = signer('signing');
    const headers = [
      { typ: 'at+jwt' },
      { typ: 'logout+jwt' },
      { typ: 'client-authentication+jwt' },
      { typ: 7 },
      { zip: 'DEF' },
      { crit: ['exp'], exp: 1 },
    ];
    return await all(
      headers.map(async (header) => {
        const [, payload = '', signature = ''] = (await own.object(stage.issuer)).split('.');
        return `${part({ alg: 'ES256', kid: 'one', ...header })}.${payload}.${signature}`;
      }),
    );
  });

  row(
    'C11',
    'request and request_uri inside, or both outside',
    `${INVALID}, R(invalid_request)`,
    async () => {
      const own = signer('signing');
      const object = await own.object(stage.issuer);
      const inside = await all(
        [{ request: object }, { request_uri: 'https://app.example/r' }, { request: null }].map((change) =>
          own.object(stage.issuer, change),
        ),
      );
      const outside = [
        await ask(object, 'signing', { request_uri: 'https://app.example/r' }),
        await ask(object, 'signing', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }),
        await authorizationAnswer(stage, {
          client_id: 'signing',
          scope: 'openid',
          request: [object, object],
          state: 'outside',
        }),
      ];
      return [inside, ...new Set(outside)].join(', ');
    },
  );

  row('C11', 'huge, deep and ambiguous JSON, values that are no text', INVALID, async () => {
    const own = signer('signing');
    const claims = JSON.stringify(own.claims(stage.issuer)).slice(0, -1);
    const sign = async (text: string): Promise<string> =>
      await own.sign({}).then(async (empty) => {
        // The signature fits `{}`: these are rejected before a signature is verified.
        const [header, , signature] = empty.split('.');
        return `${header}.${part(text)}.${signature}`;
      });
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    return await all([
      sign(`${claims},"claims":${deep(2000)}}`),
      sign(`${claims},"claims":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`),
      sign(`${claims},"authorization_details":${deep(20)}}`),
      sign(`${claims},"scope":"openid"}`),
      sign(`${claims},"__proto__":{"state":"x"}}`),
      sign(`\ufeff${claims}}`),
      sign(deep(4000)),
      sign('null'),
      sign('"x"'),
      own.object(stage.issuer, { state: { a: 1 } }),
      own.object(stage.issuer, { resource: [{}] }),
      own.object(stage.issuer, { redirect_uri: `http://a${'\u0315'.repeat(3000)}/` }),
      own.object(stage.issuer, { resource: ['https://a.example', `https://a${'\u0315'.repeat(3000)}/`] }),
      own.object(stage.issuer, { state: ['a', 'b'] }),
      own.object(stage.issuer, { redirect_uri: [own.redirectUri] }),
    ]);
  });

  row('C11', 'an object as long as a form', '400 invalid_request_object', async () => {
    const own = signer('signing');
    const headers = { Authorization: basic(own) };
    const body = new URLSearchParams({
      request: await own.object(stage.issuer, { unknown: 'x'.repeat(24_576) }),
    });
    return await answer(stage, await fetch(`${stage.issuer}/par`, { method: 'POST', headers, body }));
  });

  row('C11', 'inside: parameters beyond their limits', 'R(invalid_request), 400 page', async () => {
    const own = signer('signing');
    const seen = new Set<string>();
    for (const change of [
      { nonce: 'x'.repeat(513) },
      { login_hint: 'x'.repeat(321) },
      { max_age: '0x10' },
      { max_age: -1 },
      { max_age: 1.5 },
      { state: 'x'.repeat(2049) },
    ]) {
      seen.add(await ask(await own.object(stage.issuer, { state: 'outside', ...change })));
    }
    return [...seen].join(', ');
  });

  row(
    'C11',
    'inside: another redirect_uri, response_type, response_mode; what is beside does not count',
    '400 page, 303 /interaction, 400 page, R(invalid_request_object), R(unsupported_response_mode), R(invalid_request)',
    async () => {
      const own = signer('signing');
      const asked = async (change: Record<string, unknown>, beside = {}): Promise<string> =>
        await ask(await own.object(stage.issuer, { state: 'outside', ...change }), 'signing', beside);
      const evil = { redirect_uri: 'https://evil.example/' };
      return [
        await asked(evil),
        await asked({}, evil),
        await asked({}, { ...evil, response_type: 'token' }),
        await asked({ response_type: 'token' }),
        await asked({ response_mode: 'fragment' }),
        await asked({ code_challenge: undefined, nonce: undefined }, { code_challenge: 'x'.repeat(43) }),
      ].join(', ');
    },
  );

  row(
    'C11',
    'a signed object again within exp',
    'a request each time, no code without the person',
    async () => {
      const request = await signer('signing').object(stage.issuer, { nonce: 'once' });
      const url = byValue(stage.issuer, { client_id: 'signing', request });
      const back = await authorize(new UserAgent(), { url } as never);
      assert.ok(back.searchParams.has('code'));
      const replayed = await answer(stage, await new UserAgent().get(url));
      assert.equal(replayed, '303 /interaction');
      return 'a request each time, no code without the person';
    },
  );

  row(
    'C11',
    'a long object of a client is stored, the same request of a stranger is not',
    '303 /interaction, R(invalid_request)',
    async () => {
      const noise = (length: number): string =>
        String.fromCharCode(...Array.from({ length }, () => 33 + randomInt(94)));
      const lengths = {
        state: 2048,
        nonce: 512,
        login_hint: 320,
        acr_values: 256,
        ui_locales: 256,
        claims_locales: 256,
      };
      const long = Object.fromEntries(Object.entries(lengths).map(([name, length]) => [name, noise(length)]));
      const signed = await ask(await signer('signing').object(stage.issuer, long));
      return `${signed}, ${await authorizationAnswer(stage, { client_id: 'signing', scope: 'openid', ...long })}`;
    },
  );
});
