import { createHash } from 'node:crypto';
import { CompactEncrypt, type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { WEB } from './flow.ts';

/** A client that signs its authorization requests (RFC 9101), valid or with changes. */
export class SigningClient {
  readonly id: string;
  readonly secret = 'secret-of-a-client-that-signs-its-requests';
  readonly redirectUri = WEB.redirectUri;
  readonly #alg: string;
  readonly #privateKey: CryptoKey;
  readonly jwk: JWK;

  private constructor(id: string, alg: string, privateKey: CryptoKey, jwk: JWK) {
    this.id = id;
    this.#alg = alg;
    this.#privateKey = privateKey;
    this.jwk = jwk;
  }

  static async create(id: string, alg = 'ES256'): Promise<SigningClient> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', use: 'sig' };
    return new SigningClient(id, alg, privateKey, jwk);
  }

  /** For `clients` in the configuration. */
  get metadata() {
    return {
      client_id: this.id,
      client_secret: this.secret,
      redirect_uris: [this.redirectUri],
      response_modes: ['query', 'form_post'] as ('query' | 'form_post')[],
      first_party: true,
      scope: 'openid email',
      jwks: { keys: [this.jwk as Record<string, unknown>] },
    };
  }

  /** Claims of a valid object; undefined leaves one out. */
  claims(issuer: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.id,
      aud: issuer,
      iat: now,
      nbf: now,
      exp: now + 60,
      client_id: this.id,
      response_type: 'code',
      redirect_uri: this.redirectUri,
      scope: 'openid email',
      state: 'inside',
      nonce: 'nonce',
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    };
  }

  async object(
    issuer: string,
    changes: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
  ): Promise<string> {
    return await this.sign(this.claims(issuer, changes), header);
  }

  async sign(claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
    const protectedHeader = { alg: this.#alg, kid: 'one', typ: 'oauth-authz-req+jwt', ...header };
    return await new SignJWT(claims).setProtectedHeader(protectedHeader).sign(this.#privateKey);
  }
}

/** Of `code_challenge` in every object. */
export const VERIFIER = 'the-code-verifier-of-every-signed-request-in-these-tests';

/** Encrypts to a key of the server, as its JWKS has it. */
export async function encryptTo(
  jwk: JWK,
  object: string,
  header: Record<string, unknown> = {},
): Promise<string> {
  return await new CompactEncrypt(Buffer.from(object))
    .setProtectedHeader({
      alg: String(jwk.alg),
      enc: 'A128CBC-HS256',
      kid: String(jwk.kid),
      cty: 'JWT',
      ...header,
    })
    .encrypt(jwk);
}

/** `/authorize` with a request object, and what the parameters beside it are. */
export function byValue(issuer: string, parameters: Record<string, string>): URL {
  return new URL(`${issuer}/authorize?${new URLSearchParams(parameters).toString()}`);
}
