import * as client from 'openid-client';
import { Problem } from './problem.ts';

/**
 * The OpenID Connect side of this app, and the only file that speaks the protocol: authorization code with PKCE,
 * refresh, sign-out, and calls to the API. It keeps no session.
 */

export interface RelyingPartyOptions {
  /** Exactly as the authorization server names itself. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Where this app is reached, without a path. */
  url: URL;
  /** The API's identifier (RFC 8707), which is also its address. */
  api: string;
}

/** What one authorization response must match, and what was asked for. */
export interface SignInAttempt {
  state: string;
  nonce: string;
  codeVerifier: string;
  whileAway: boolean;
}

/** Who has signed in, and the tokens that prove it. */
export interface SignedIn {
  claims: client.IDToken;
  idToken: string;
  accessToken: string;
  /** Epoch milliseconds. */
  accessTokenExpiresAt: number | undefined;
  refreshToken: string | undefined;
  /** What was granted, separated by spaces. */
  scope: string;
  /** Whether the refresh token outlives the sign-in at the authorization server. */
  whileAway: boolean;
}

const SCOPE = 'openid profile email messages:read messages:write';
/** Seconds. */
const REQUEST_TIMEOUT = 5;

export class RelyingParty {
  readonly redirectUri: URL;
  readonly #postLogoutRedirectUri: URL;
  readonly #options: RelyingPartyOptions;
  #configuration: Promise<client.Configuration> | undefined;

  constructor(options: RelyingPartyOptions) {
    this.#options = options;
    this.redirectUri = new URL('/callback', options.url);
    this.#postLogoutRedirectUri = new URL('/', options.url);
  }

  /**
   * @param options.whileAway asks for access that outlives the sign-in, which is never given without asking the person
   * (OpenID Connect Core §11)
   * @returns where to send the browser, and what its answer has to match
   */
  async begin({ whileAway }: { whileAway: boolean }): Promise<{ url: URL; attempt: SignInAttempt }> {
    const configuration = await this.#discovered();
    const attempt = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      codeVerifier: client.randomPKCECodeVerifier(),
      whileAway,
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.redirectUri.href,
      scope: whileAway ? `${SCOPE} offline_access` : SCOPE,
      ...(whileAway && { prompt: 'consent' }),
      resource: this.#options.api,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { url, attempt };
  }

  /**
   * Redeems an authorization response, after openid-client has compared its `state` and `iss` (RFC 9207), and checks
   * the ID token with its `nonce`.
   * @param response the query of the request to the redirect URI
   */
  async complete(response: string, attempt: SignInAttempt): Promise<SignedIn> {
    const configuration = await this.#discovered();
    const tokens = await client.authorizationCodeGrant(
      configuration,
      new URL(`?${response}`, this.redirectUri),
      {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.codeVerifier,
        idTokenExpected: true,
      },
      { resource: this.#options.api },
    );
    const claims = tokens.claims();
    if (claims === undefined || tokens.id_token === undefined) throw new TypeError('no ID token');
    return {
      claims,
      idToken: tokens.id_token,
      refreshToken: tokens.refresh_token,
      whileAway: attempt.whileAway,
      ...accessTokenOf(tokens, SCOPE),
    };
  }

  /**
   * New tokens for the refresh token.
   * @throws Problem when the answer speaks of somebody else (OpenID Connect Core §12.2)
   */
  async refresh(current: SignedIn): Promise<SignedIn> {
    if (current.refreshToken === undefined) {
      throw new Problem(
        400,
        'no_refresh_token',
        'Nothing to refresh with',
        'This sign-in came without a refresh token.',
      );
    }
    const configuration = await this.#discovered();
    const tokens = await client.refreshTokenGrant(configuration, current.refreshToken, {
      resource: this.#options.api,
    });
    const claims = tokens.claims() ?? current.claims;
    if (claims.sub !== current.claims.sub) {
      throw new Problem(
        502,
        'unexpected_subject',
        'Somebody else was signed in',
        'The refreshed ID token names another person.',
      );
    }
    return {
      claims,
      idToken: tokens.id_token ?? current.idToken,
      refreshToken: tokens.refresh_token ?? current.refreshToken,
      whileAway: current.whileAway,
      ...accessTokenOf(tokens, current.scope),
    };
  }

  /** RP-initiated logout: where to send the browser so that the session at the authorization server ends too. */
  async endSessionUrl(idToken: string): Promise<URL> {
    return client.buildEndSessionUrl(await this.#discovered(), {
      id_token_hint: idToken,
      post_logout_redirect_uri: this.#postLogoutRedirectUri.href,
    });
  }

  /** Calls the API. A refusal is an answer like any other, not an error. */
  async fetch(accessToken: string, url: URL, method: string, body: string | undefined): Promise<Response> {
    const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
    const configuration = await this.#discovered();
    try {
      return await client.fetchProtectedResource(configuration, accessToken, url, method, body, headers);
    } catch (error) {
      if (error instanceof client.WWWAuthenticateChallengeError) return error.response;
      throw error;
    }
  }

  /** Discovered at first use and again after a failure, so that this app may start before the authorization server. */
  #discovered(): Promise<client.Configuration> {
    this.#configuration ??= this.#discover().catch((error: unknown) => {
      this.#configuration = undefined;
      throw error;
    });
    return this.#configuration;
  }

  #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#options;
    const server = new URL(issuer);
    return client.discovery(server, clientId, undefined, client.ClientSecretBasic(clientSecret), {
      timeout: REQUEST_TIMEOUT,
      execute: [
        // OpenID Connect Core §3.1.3.7 lets TLS vouch for the ID token; on localhost there is none.
        client.enableNonRepudiationChecks,
        ...(isLoopback(server) ? [client.allowInsecureRequests] : []),
      ],
    });
  }
}

/** Plain http is for trying things out on one machine. */
export function isLoopback({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function accessTokenOf(
  tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers,
  requestedScope: string,
): Pick<SignedIn, 'accessToken' | 'accessTokenExpiresAt' | 'scope'> {
  const lifetime = tokens.expiresIn();
  return {
    accessToken: tokens.access_token,
    accessTokenExpiresAt: lifetime === undefined ? undefined : Date.now() + lifetime * 1000,
    // RFC 6749 §5.1: absent means as requested.
    scope: tokens.scope ?? requestedScope,
  };
}
