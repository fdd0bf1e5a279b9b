import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A fake authorization server: publishes a JWKS that a test can change, counts the fetches, and signs tokens. */

export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export async function makeKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

const firstKey = makeKey('first');

export interface TokenParts {
  /** `undefined` leaves a member out. */
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  key?: SigningKey;
  alg?: string;
}

export class Issuer {
  readonly #server = createServer((request, response) => {
    this.fetches += 1;
    this.lastPath = request.url;
    response.statusCode = this.status;
    response.end(this.body ?? JSON.stringify({ keys: this.keys }));
  });
  readonly key: SigningKey;
  readonly audience = 'http://localhost:3001';
  url = '';
  keys: JWK[];
  status = 200;
  body: string | undefined;
  fetches = 0;
  lastPath: string | undefined;

  static async start(): Promise<Issuer> {
    const issuer = new Issuer(await firstKey);
    await issuer.listen();
    return issuer;
  }

  private constructor(key: SigningKey) {
    this.key = key;
    this.keys = [key.publicJwk];
  }

  async listen(): Promise<void> {
    const port = this.url === '' ? 0 : Number(new URL(this.url).port);
    await new Promise<void>((resolve) => void this.#server.listen(port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object') this.url = `http://127.0.0.1:${address?.port}`;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  goodHeader(): Record<string, unknown> {
    return { alg: 'RS256', typ: 'at+jwt', kid: this.key.kid };
  }

  goodClaims(): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.url,
      aud: this.audience,
      sub: 'alice',
      client_id: 'demo-web',
      scope: 'openid messages:read messages:write',
      jti: randomUUID(),
      iat: now,
      exp: now + 300,
    };
  }

  /** A valid access token, with the changes of `parts`. */
  token({ header, claims, key = this.key, alg = 'RS256' }: TokenParts = {}): Promise<string> {
    return new SignJWT({ ...this.goodClaims(), ...claims })
      .setProtectedHeader({ ...this.goodHeader(), ...header, alg })
      .sign(key.privateKey);
  }
}
