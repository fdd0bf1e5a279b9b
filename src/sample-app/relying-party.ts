import * as client from 'openid-client';
import { Problem } from './problem.ts';

/**
 * The OpenID Connect relying party, and the only file that implements the protocol: authorization code flow with PKCE, refresh,
 * RP-initiated logout, and calls of the API. Stateless: `session.ts` stores what it returns.
 */

export interface RelyingPartyOptions {
  /** The issuer identifier, compared as a string. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Public URL of this app, without a path. */
  url: URL;
  /** Resource identifier (RFC 8707) and URL of the API. */
  api: string;
}

/** A pending authorization request: the values that its response must match. */
export interface SignInAttempt {
  state: string;
  nonce: string;
  codeVerifier: string;
  offlineAccess: boolean;
}

/** What an API asks for when the sign-in is not enough (RFC 9470 §3). */
export interface StepUp {
  acrValues: string | undefined;
  /** Seconds. */
  maxAge: string | undefined;
}

export interface ApiAnswer {
  response: Response;
  /** The person has to sign in with more, or again. */
  stepUp?: StepUp | undefined;
}

/** The result of a sign-in: claims and tokens. */
export interface SignedIn {
  claims: client.IDToken;
  idToken: string;
  accessToken: string;
  /** Epoch milliseconds. */
  accessTokenExpiresAt: number | undefined;
  refreshToken: string | undefined;
  /** Granted scopes, separated by spaces. */
  scope: string;
  /** Whether the refresh token stays valid after sign-out at the authorization server (`offline_access`). */
  offlineAccess: boolean;
}

const SCOPE = 'openid profile email messages:read messages:write';
const REQUEST_TIMEOUT_SECONDS = 5;

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
   * Builds an authorization request.
   * @param options.stepUp the sign-in that an API asks for (RFC 9470 §4)
   * @param options.offlineAccess requests `offline_access`, which requires the consent of the person (OpenID Connect Core §11)
   * @returns the URL to redirect the browser to, and the values that the response must match
   */
  async begin({
    offlineAccess,
    stepUp = {},
  }: {
    offlineAccess: boolean;
    stepUp?: Partial<StepUp> | undefined;
  }): Promise<{ url: URL; attempt: SignInAttempt }> {
    const configuration = await this.#discovered();
    const attempt = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      codeVerifier: client.randomPKCECodeVerifier(),
      offlineAccess,
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.redirectUri.href,
      scope: offlineAccess ? `${SCOPE} offline_access` : SCOPE,
      ...(offlineAccess && { prompt: 'consent' }),
      ...(stepUp.acrValues !== undefined && { acr_values: stepUp.acrValues }),
      ...(stepUp.maxAge !== undefined && { max_age: stepUp.maxAge }),
      resource: this.#options.api,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { url, attempt };
  }

  /**
   * Redeems the code of an authorization response. openid-client checks `state` and `iss` (RFC 9207) of the response, and the ID
   * token with its `nonce`.
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
      offlineAccess: attempt.offlineAccess,
      ...accessTokenOf(tokens, SCOPE),
    };
  }

  /**
   * Refreshes the tokens.
   * @throws Problem when there is no refresh token, or the new ID token has another subject (OpenID Connect Core §12.2)
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
        'Another person was signed in',
        'The refreshed ID token is for another person.',
      );
    }
    return {
      claims,
      idToken: tokens.id_token ?? current.idToken,
      refreshToken: tokens.refresh_token ?? current.refreshToken,
      offlineAccess: current.offlineAccess,
      ...accessTokenOf(tokens, current.scope),
    };
  }

  /** The URL that ends the session at the authorization server (OpenID Connect RP-Initiated Logout). */
  async endSessionUrl(idToken: string): Promise<URL> {
    return client.buildEndSessionUrl(await this.#discovered(), {
      id_token_hint: idToken,
      post_logout_redirect_uri: this.#postLogoutRedirectUri.href,
    });
  }

  /** Calls the API. An error status is returned as a response, not thrown. */
  async fetch(accessToken: string, url: URL, method: string, body: string | undefined): Promise<ApiAnswer> {
    const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
    const configuration = await this.#discovered();
    try {
      const response = await client.fetchProtectedResource(
        configuration,
        accessToken,
        url,
        method,
        body,
        headers,
      );
      return { response };
    } catch (error) {
      if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error;
      return { response: error.response, stepUp: stepUpOf(error.cause) };
    }
  }

  /** Discovery at first use, repeated after a failure: this app can start before the authorization server. */
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
      timeout: REQUEST_TIMEOUT_SECONDS,
      execute: [
        // Verify the signature of the ID token. OpenID Connect Core §3.1.3.7 allows TLS instead, but localhost has no TLS.
        client.enableNonRepudiationChecks,
        ...(isLoopback(server) ? [client.allowInsecureRequests] : []),
      ],
    });
  }
}

/** Plain http is accepted for such hosts. */
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
    // Absent means as requested (RFC 6749 §5.1).
    scope: tokens.scope ?? requestedScope,
  };
}

/** @returns undefined for a challenge that a new sign-in does not help with */
function stepUpOf(challenges: readonly client.WWWAuthenticateChallenge[]): StepUp | undefined {
  const found = challenges.find(
    ({ scheme, parameters }) =>
      scheme === 'bearer' && parameters.error === 'insufficient_user_authentication',
  );
  return found && { acrValues: found.parameters.acr_values, maxAge: found.parameters.max_age };
}
