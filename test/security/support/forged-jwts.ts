import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto';
import { base64url } from 'jose';
import type { Stage } from './stage.ts';

/** JWTs as no library makes them: signed with keys that must not verify anything. */

export type Header = Record<string, unknown>;

export const ATTACKER = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const publicJwk = (key: KeyObject) => key.export({ format: 'jwk' });

export const part = (value: object): string => base64url.encode(JSON.stringify(value));

export function hmac(claims: object, key: string | Buffer, header: Header = {}): string {
  const data = `${part({ alg: 'HS256', ...header })}.${part(claims)}`;
  return `${data}.${createHmac('sha256', key).update(data).digest('base64url')}`;
}

export function signed(claims: object, key: KeyObject, header: Header): string {
  const data = `${part(header)}.${part(claims)}`;
  const isEc = key.asymmetricKeyType === 'ec';
  const signature = sign('sha256', Buffer.from(data), isEc ? { key, dsaEncoding: 'ieee-p1363' } : key);
  return `${data}.${signature.toString('base64url')}`;
}

/** What an attacker has, by name: public keys in every form, and secrets of others. */
export async function foreignKeys(
  stage: Stage,
  id: string,
  secrets: { expired: string; other: string },
): Promise<Map<string, string | Buffer>> {
  const { keys } = (await (await fetch(`${stage.issuer}/jwks`)).json()) as { keys: JsonWebKey[] };
  const { secrets: stored = [] } = (await stage.store.clients.find(id)) ?? {};
  const forms = keys.flatMap((jwk): [string, string | Buffer][] => {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return [
      [`${jwk.kty} in PEM`, key.export({ format: 'pem', type: 'spki' })],
      [
        `${jwk.kty} in PEM without its last line break`,
        String(key.export({ format: 'pem', type: 'spki' })).trim(),
      ],
      [`${jwk.kty} in DER`, key.export({ format: 'der', type: 'spki' })],
      [`${jwk.kty} as a JWK`, JSON.stringify(jwk)],
      [`${jwk.kty} member`, Buffer.from(String(jwk.n ?? jwk.x), 'base64url')],
    ];
  });
  return new Map<string, string | Buffer>([
    ...forms,
    ['the constant of an earlier version', 'kept as a digest'],
    ['the secret of another client', secrets.other],
    ['an expired secret', secrets.expired],
    ['the stored digest', stored[0]!.digest],
    ['the sealed secret', stored[0]!.sealed!],
    ['the client_id', id],
    ['no key', ''],
    ['undefined', 'undefined'],
    ['a zero', Buffer.alloc(32)],
  ]);
}

export const HEADERS: Readonly<Record<string, Header>> = {
  'jwk of the attacker': { jwk: publicJwk(ATTACKER.publicKey) },
  'jku of the attacker': { jku: 'https://evil.example/jwks' },
  'x5c of the attacker': { x5c: ['MIIB'] },
  'kid that is a path': { kid: '../../../../dev/null' },
  'kid that is SQL': { kid: "' UNION SELECT 'key" },
  'kid with a prototype name': { kid: '__proto__' },
};

/** Forgeries of a JWT, each with the name of its key. */
export function* forgeries(
  claims: object,
  keys: ReadonlyMap<string, string | Buffer>,
): Generator<[string, string]> {
  for (const [name, key] of keys) yield [name, hmac(claims, key)];
  for (const [name, header] of Object.entries(HEADERS)) {
    yield [name, hmac(claims, '', header)];
    yield [name, signed(claims, ATTACKER.privateKey, { alg: 'RS256', ...header })];
    yield [name, signed(claims, ATTACKER.privateKey, { alg: 'HS256', ...header })];
  }
  for (const alg of ['none', 'None', 'nOnE', '', 'HS256', 'hs256', 'HS384']) {
    yield [`alg ${alg}`, `${part({ alg })}.${part(claims)}.`];
  }
}

/** The responses to all of them; one when all are alike. */
export async function seenFor(jwts: Iterable<[string, string]>, ask: (jwt: string) => Promise<string>) {
  const seen = new Map<string, string>();
  for (const [name, jwt] of jwts) seen.set(await ask(jwt), name);
  return [...seen.keys()].join(', ');
}
