import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

/** A client that authenticates with JWT assertions (RFC 7523), valid or with changes. */
export class AssertingClient {
  readonly id: string;
  readonly #keys: { privateKey: CryptoKey; jwk: JWK };
  readonly #others: CryptoKey;

  private constructor(id: string, keys: { privateKey: CryptoKey; jwk: JWK }, others: CryptoKey) {
    this.id = id;
    this.#keys = keys;
    this.#others = others;
  }

  static async create(id: string): Promise<AssertingClient> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    const { privateKey: others } = await generateKeyPair('ES256');
    return new AssertingClient(id, { privateKey, jwk }, others);
  }

  /** For `clients` in the configuration. */
  get metadata() {
    return {
      client_id: this.id,
      token_endpoint_auth_method: 'private_key_jwt' as const,
      jwks: { keys: [this.#keys.jwk as Record<string, unknown>] },
    };
  }

  /**
   * @param claims over those of a good assertion; undefined leaves one out
   * @param options.forged signs with a key that is not registered
   */
  async parameters(
    issuer: string,
    claims: JWTPayload | Record<string, unknown> = {},
    { header = {}, forged = false }: { header?: Record<string, unknown>; forged?: boolean } = {},
  ): Promise<Record<string, string>> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.id, sub: this.id, aud: issuer, jti: randomUUID(), exp: now + 60, ...claims };
    const assertion = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(forged ? this.#others : this.#keys.privateKey);
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    };
  }
}
