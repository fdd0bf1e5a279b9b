import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import {
  type Arbitrary,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  jsonValue,
  oneof,
  record,
  tuple,
} from 'fast-check';
import { anyText } from '../support/any-text.ts';
import { type JWK, SignJWT } from 'jose';
import { Api } from '../resource-server/api.ts';
import { Issuer, makeKey, type SigningKey } from '../resource-server/issuer.ts';
import { inTime, property } from './support/property.ts';

const TOLERANCE = 5;

const text = anyText(20);
const json = oneof(jsonValue({ maxDepth: 1 }), text);

/** Sometimes another value, or none. */
const maybe = (value: Arbitrary<unknown>): Arbitrary<unknown> =>
  oneof(
    { weight: 12, arbitrary: value },
    { weight: 1, arbitrary: constant(undefined) },
    { weight: 1, arbitrary: json },
  );

const seconds = integer({ min: -100_000, max: 100_000 });

describe('Properties of access tokens at the sample API: only valid tokens are accepted', () => {
  let issuer: Issuer;
  let api: Api;
  let other: SigningKey;

  before(async () => {
    issuer = await Issuer.start();
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience, clockTolerance: TOLERANCE });
    other = await makeKey('first');
  });
  after(async () => {
    await api.stop();
    await issuer.stop();
  });

  const holds = async (token: string, good: boolean): Promise<void> => {
    const { status, headers } = await inTime(api.ask({ token }));
    const told = `${status} for ${token}`;
    if (good) assert.equal(status, 200, told);
    else assert.ok(status === 401 || status === 403, told);
    if (!good) assert.match(headers['www-authenticate'] ?? '', /^Bearer /, told);
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual(api.errors, []);
  };

  const now = (): number => Math.floor(Date.now() / 1000);

  /** Whole seconds, far enough from the limit that the duration of a request does not matter. */
  const times = { exp: maybe(seconds), nbf: maybe(seconds), iat: maybe(seconds) };
  const claims = record(
    {
      ...times,
      iss: maybe(constantFrom('issuer', 'issuer/', 'ISSUER')),
      aud: maybe(
        constantFrom(
          'audience',
          ['audience'],
          ['audience', 'https://other.example'],
          'https://other.example',
          [],
        ),
      ),
      sub: maybe(constant('alice')),
      client_id: maybe(constant('demo-web')),
      jti: maybe(constant('an-id')),
      scope: maybe(constantFrom('messages:read', 'openid messages:read', 'messages', '')),
      cnf: oneof({ weight: 5, arbitrary: constant(undefined) }, json),
    },
    { requiredKeys: [] },
  );

  property('claims that the issuer signs (RFC 9068 §4)', 150, () =>
    asyncProperty(claims, async (drawn) => {
      const start = now();
      const { claims: changed, good } = judge(drawn, start, issuer);
      await holds(await issuer.token({ claims: changed }), good);
    }),
  );

  const headers = record(
    {
      typ: maybe(constantFrom('at+jwt', 'application/at+jwt', 'JWT', 'AT+JWT', 'logout+jwt')),
      jku: oneof(constant(undefined), text),
      x5u: oneof(constant(undefined), constant(undefined), text),
      crit: oneof(constant(undefined), constant(undefined), constantFrom(['exp'], [])),
      cty: oneof(constant(undefined), constant('JWT')),
    },
    { requiredKeys: ['typ'] },
  );
  property('headers that the issuer signs (RFC 8725 §3)', 100, () =>
    asyncProperty(headers, async (header) => {
      const plain = header.jku === undefined && header.x5u === undefined && header.crit === undefined;
      const good = plain && (header.typ === 'at+jwt' || header.typ === 'application/at+jwt');
      const signed = new SignJWT(issuer.goodClaims()).setProtectedHeader({
        alg: 'RS256',
        kid: issuer.key.kid,
        ...(header as { typ: string }),
      });
      const token = await signed.sign(issuer.key.privateKey, { crit: { exp: true } }).catch(() => undefined);
      // Unsignable input is no token.
      if (token !== undefined) await holds(token, good);
    }),
  );

  const forgeries = tuple(
    constantFrom('none', 'None', 'HS256', 'HS512', 'RS256', 'ES256', 'PS256', ''),
    constantFrom('nothing', 'public key', 'pem', 'other key', 'kid'),
    constantFrom('jwk', 'kid', 'nothing'),
  );
  property('tokens with another signature, or none (RFC 8725 §2.1)', 150, () =>
    asyncProperty(
      forgeries,
      record({ sub: text, scope: constant('messages:read') }),
      async ([alg, secret, hint], extra) => {
        const header = {
          ...issuer.goodHeader(),
          alg,
          ...(hint === 'jwk' && { jwk: other.publicJwk }),
          ...(hint === 'kid' && { kid: '../../etc/passwd' }),
        };
        const input = `${encode(header)}.${encode({ ...issuer.goodClaims(), ...extra })}`;
        const keys: Record<string, string> = {
          'public key': JSON.stringify(issuer.key.publicJwk),
          pem: pemOf(issuer.key.publicJwk),
          kid: issuer.key.kid,
        };
        const forged =
          secret === 'other key'
            ? await new SignJWT({ ...issuer.goodClaims(), ...extra })
                .setProtectedHeader({ ...header, alg: 'RS256' })
                .sign(other.privateKey)
            : `${input}.${
                secret === 'nothing'
                  ? ''
                  : createHmac('sha256', keys[secret] ?? '')
                      .update(input)
                      .digest('base64url')
              }`;
        const { status } = await inTime(api.ask({ token: forged }));
        assert.ok(status === 401 || status === 400, `${status} for ${forged}`);
      },
    ),
  );
});

function judge(
  drawn: Record<string, unknown>,
  start: number,
  { url, audience }: Issuer,
): { claims: Record<string, unknown>; good: boolean } {
  const names = new Map<unknown, string>([
    ['issuer', url],
    ['issuer/', `${url}/`],
    ['ISSUER', url.toUpperCase()],
    ['audience', audience],
  ]);
  const named = (value: unknown): unknown => names.get(value) ?? value;
  const claims: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(drawn)) {
    const isTime = name === 'exp' || name === 'nbf' || name === 'iat';
    // Not near the limit: a request takes time.
    claims[name] =
      isTime && Number.isInteger(value)
        ? start + awayFromEdge(Number(value))
        : Array.isArray(value)
          ? value.map(named)
          : named(value);
  }
  const said = {
    exp: start + 300,
    iat: start,
    iss: url,
    aud: audience,
    sub: 'alice',
    client_id: 'demo-web',
    jti: 'x',
    scope: 'messages:read',
    ...claims,
  } as Record<string, unknown>;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value);
  const words = (value: unknown): boolean => typeof value === 'string' && value !== '';
  const good =
    said.iss === url &&
    [said.aud].flat().includes(audience) &&
    whole(said.exp) &&
    said.exp > start - TOLERANCE &&
    whole(said.iat) &&
    said.iat <= start + TOLERANCE &&
    (said.nbf === undefined || (whole(said.nbf) && said.nbf <= start + TOLERANCE)) &&
    words(said.sub) &&
    words(said.client_id) &&
    words(said.jti) &&
    typeof said.scope === 'string' &&
    said.scope.split(' ').includes('messages:read') &&
    said.cnf === undefined;
  return { claims, good };
}

const awayFromEdge = (offset: number): number => (Math.abs(offset) < 60 ? offset + 120 : offset);

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const pemOf = (jwk: JWK): string =>
  createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
