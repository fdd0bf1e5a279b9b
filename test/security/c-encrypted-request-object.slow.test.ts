import assert from 'node:assert/strict';
import { createCipheriv, createPublicKey, publicEncrypt, randomBytes, constants } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { base64url, CompactEncrypt, type JWK } from 'jose';
import { encryptTo, SigningClient } from '../support/request-object.ts';
import { authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const INVALID = 'R(invalid_request_object)';

/** A JWE with any header (RFC 7516 §5.1), its content encrypted with A256GCM. */
function jwe(header: object, key: Buffer, encryptedKey: Buffer, plaintext: Buffer): string {
  const protectedHeader = base64url.encode(JSON.stringify(header));
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(protectedHeader));
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const parts = [encryptedKey, iv, content, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return [protectedHeader, ...parts].join('.');
}

describe('C: encrypted request objects', () => {
  const stage = useStage({ requestObjects: { encryption: true } });
  let client: SigningClient;
  let keys: Map<string, JWK>;
  let object: string;
  before(async () => {
    client = await SigningClient.create('signing');
    await stage.operator.clients.add(client.metadata);
    const set = (await (await fetch(`${stage.issuer}/jwks`)).json()) as { keys: JWK[] };
    keys = new Map(set.keys.map((key) => [String(key.alg), key]));
    object = await client.object(stage.issuer);
  });
  const key = (alg: string): JWK => {
    const found = keys.get(alg);
    assert.ok(found);
    return found;
  };
  const ask = (request: string): Promise<string> =>
    authorizationAnswer(stage, { client_id: 'signing', request, scope: 'openid', state: 'outside' });

  async function all(requests: readonly (string | Promise<string>)[]): Promise<string> {
    assert.equal(await ask(await encryptTo(key('RSA-OAEP-256'), object)), '303 /interaction');
    const seen = new Set<string>();
    for (const request of requests) seen.add(await ask(await request));
    return [...seen].join(', ');
  }

  /** With the key wrapped by RSA, as a library that we do not use would. */
  function wrapped(
    header: object,
    padding: number,
    plaintext = Buffer.from(object),
    oaepHash = 'sha256',
  ): string {
    const publicKey = createPublicKey({ key: key('RSA-OAEP-256'), format: 'jwk' });
    const secret = randomBytes(32);
    const oaep = padding === constants.RSA_PKCS1_OAEP_PADDING && { oaepHash };
    const encrypted = publicEncrypt({ key: publicKey, padding, ...oaep }, secret);
    return jwe({ enc: 'A256GCM', kid: key('RSA-OAEP-256').kid, ...header }, secret, encrypted, plaintext);
  }

  row('C11', 'RSA1_5, RSA-OAEP with SHA-1, dir, none, with a password', INVALID, async () => {
    const secret = Buffer.from(client.secret.slice(0, 32));
    const oaep = constants.RSA_PKCS1_OAEP_PADDING;
    assert.equal(await ask(wrapped({ alg: 'RSA-OAEP-256' }, oaep)), '303 /interaction');
    return await all([
      wrapped({ alg: 'RSA1_5' }, constants.RSA_PKCS1_PADDING),
      wrapped({ alg: 'RSA-OAEP' }, oaep, undefined, 'sha1'),
      wrapped({ alg: 'RSA-OAEP-512' }, oaep, undefined, 'sha512'),
      jwe({ alg: 'dir', enc: 'A256GCM' }, secret, Buffer.alloc(0), Buffer.from(object)),
      jwe({ alg: 'none', enc: 'A256GCM' }, secret, Buffer.alloc(0), Buffer.from(object)),
      jwe({ alg: '', enc: 'A256GCM' }, secret, Buffer.alloc(0), Buffer.from(object)),
      new CompactEncrypt(Buffer.from(object))
        .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM' })
        .encrypt(secret),
      new CompactEncrypt(Buffer.from(object))
        .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM' })
        .encrypt(secret),
      encryptTo(key('RSA-OAEP-256'), object, { enc: 'A192GCM' }),
      encryptTo({ ...key('ECDH-ES'), alg: 'ECDH-ES+A256KW' }, object),
    ]);
  });

  row('C11', 'compressed, also to a hundred times its length; extensions', INVALID, async () => {
    const oaep = constants.RSA_PKCS1_OAEP_PADDING;
    return await all([
      wrapped({ alg: 'RSA-OAEP-256', zip: 'DEF' }, oaep, deflateRawSync(object)),
      wrapped({ alg: 'RSA-OAEP-256', zip: 'DEF' }, oaep, deflateRawSync('x'.repeat(1_000_000))),
      wrapped({ alg: 'RSA-OAEP-256', zip: 'none' }, oaep),
      wrapped({ alg: 'RSA-OAEP-256', crit: ['exp'], exp: 1 }, oaep),
    ]);
  });

  row('C11', 'the kid of a signing key, of the key for another algorithm, of nobody', INVALID, async () => {
    const [rsa, ec] = [key('RSA-OAEP-256'), key('ECDH-ES')];
    return await all([
      encryptTo(rsa, object, { kid: ec.kid }),
      encryptTo(ec, object, { kid: rsa.kid }),
      encryptTo(rsa, object, { kid: key('RS256').kid }),
      encryptTo({ ...key('RS256'), alg: 'RSA-OAEP-256', use: 'enc' }, object),
      encryptTo({ ...key('RS256'), alg: 'RSA-OAEP-256', use: 'enc' }, object, { kid: undefined }),
      encryptTo(rsa, object, { kid: '__proto__' }),
      encryptTo(rsa, object, { kid: '' }),
    ]);
  });

  row('C11', 'changed, cut, or with an ephemeral key that is none', INVALID, async () => {
    const parts = (await encryptTo(key('ECDH-ES'), object)).split('.');
    const changed = parts.slice(1).map((part, index) => {
      const flipped = `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`;
      return parts.with(index + 1, flipped).join('.');
    });
    const headers = [
      { epk: undefined },
      { epk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } },
      { epk: { kty: 'OKP', crv: 'X25519', x: base64url.encode(new Uint8Array(32)) } },
      { epk: 'x' },
    ].map((header) => {
      const whole = { alg: 'ECDH-ES', enc: 'A128CBC-HS256', kid: key('ECDH-ES').kid, ...header };
      return parts.with(0, base64url.encode(JSON.stringify(whole))).join('.');
    });
    return await all([...changed, ...headers, '....', 'a.b.c.d.e', parts.slice(0, 4).join('.')]);
  });
});
