import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A fake authorization server for the sample app, with configurable responses. `/authorize` signs in without interaction. */

const keyPair = generateKeyPair('RS256', { extractable: true });

interface Code {
  nonce: string;
  challenge: string;
  redirectUri: string;
}

export class StandInIssuer {
  readonly clientId = 'demo-web';
  readonly clientSecret = 'demo-web-secret';
  url = '';
  api = '';

  /** Changes to the claims of the next ID tokens; `undefined` removes a claim. */
  claims: Record<string, unknown> = {};
  /** Changes the authorization response. */
  onAuthorize: (response: URLSearchParams) => void = () => {};
  /** The response of the token endpoint, if set. */
  tokenError: { status: number; body: unknown } | undefined;
  /** Changes to the claims of the next access tokens. */
  accessTokenClaims: Record<string, unknown> = {};
  withRefreshToken = true;
  signingKey: CryptoKey | undefined;
  scope: string | undefined;

  readonly authorizationRequests: URLSearchParams[] = [];
  readonly tokenRequests: URLSearchParams[] = [];
  readonly logouts: URLSearchParams[] = [];
  readonly #codes = new Map<string, Code>();
  readonly #refreshTokens = new Set<string>();
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });

  /** Starts, or restarts on the same port. */
  async listen(): Promise<void> {
    const port = this.url === '' ? 0 : Number(new URL(this.url).port);
    await new Promise<void>((resolve) => void this.#server.listen(port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object') this.url = `http://localhost:${address?.port}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json(response, this.#metadata());
      case '/jwks':
        return json(response, { keys: [await publicJwk()] });
      case '/authorize':
        return this.#authorize(url.searchParams, response);
      case '/token':
        return this.#token(request, response);
      case '/logout':
        this.logouts.push(url.searchParams);
        return redirect(response, url.searchParams.get('post_logout_redirect_uri') ?? '/');
      default:
        return json(response, {}, 404);
    }
  }

  #metadata(): object {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/jwks`,
      end_session_endpoint: `${this.url}/logout`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  #authorize(request: URLSearchParams, response: ServerResponse): void {
    this.authorizationRequests.push(request);
    const get = (name: string): string => request.get(name) ?? '';
    const code = randomUUID();
    this.#codes.set(code, {
      nonce: get('nonce'),
      challenge: get('code_challenge'),
      redirectUri: get('redirect_uri'),
    });
    const answer = new URL(get('redirect_uri'));
    answer.search = new URLSearchParams({ code, state: get('state'), iss: this.url }).toString();
    this.onAuthorize(answer.searchParams);
    redirect(response, answer.href);
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = new URLSearchParams(await text(request));
    this.tokenRequests.push(body);
    if (this.tokenError !== undefined) return json(response, this.tokenError.body, this.tokenError.status);
    if (credentials(request) !== `${this.clientId}:${this.clientSecret}`)
      return json(response, { error: 'invalid_client' }, 401);
    const granted =
      body.get('grant_type') === 'refresh_token' ? this.#takeRefreshToken(body) : this.#takeCode(body);
    if (granted === undefined) return json(response, { error: 'invalid_grant' }, 400);
    const refreshToken = randomUUID();
    this.#refreshTokens.add(refreshToken);
    return json(response, {
      access_token: await this.#accessToken(),
      token_type: 'Bearer',
      expires_in: 300,
      id_token: await this.#idToken(granted),
      ...(this.scope !== undefined && { scope: this.scope }),
      ...(this.withRefreshToken && { refresh_token: refreshToken }),
    });
  }

  #takeCode(body: URLSearchParams): object | undefined {
    const code = body.get('code') ?? '';
    const known = this.#codes.get(code);
    this.#codes.delete(code);
    const verifier = body.get('code_verifier') ?? '';
    if (createHash('sha256').update(verifier).digest('base64url') !== known?.challenge) return undefined;
    if (body.get('redirect_uri') !== known.redirectUri) return undefined;
    return { nonce: known.nonce };
  }

  #takeRefreshToken(body: URLSearchParams): object | undefined {
    return this.#refreshTokens.delete(body.get('refresh_token') ?? '') ? {} : undefined;
  }

  async #idToken(granted: object): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { privateKey } = await keyPair;
    return new SignJWT({
      iss: this.url,
      sub: 'alice-id',
      aud: this.clientId,
      iat: now,
      exp: now + 3600,
      name: 'Alice Liddell',
      email_verified: true,
      ...granted,
      ...this.claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(this.signingKey ?? privateKey);
  }

  async #accessToken(): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { privateKey } = await keyPair;
    return new SignJWT({
      iss: this.url,
      sub: 'alice-id',
      aud: this.api,
      client_id: this.clientId,
      scope: this.scope ?? 'messages:read messages:write',
      jti: randomUUID(),
      iat: now - 60,
      exp: now + 300,
      ...this.accessTokenClaims,
    })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'one' })
      .sign(privateKey);
  }
}

async function publicJwk(): Promise<JWK> {
  const { publicKey } = await keyPair;
  return { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location });
  response.end();
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** Both parts are form-encoded (RFC 6749 §2.3.1). */
function credentials(request: IncomingMessage): string {
  const [, basic = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  return Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent).join(':');
}
