/**
 * The members of the engine that Signet replaces, where it has no hook. Nothing else of the engine is changed: a member that is not on this
 * list cannot be overridden, and a start fails when the engine has a listed member no more. ARCHITECTURE.md shows this list.
 */
export interface Override {
  /** What the member does instead. */
  readonly instead: string;
  /** Below `src/oidc`. */
  readonly by: string;
  /** Of oidc-provider, below its `lib`. */
  readonly engineFile: string;
  /** The test that fails without it. */
  readonly test: string;
}

export const OVERRIDES = {
  'AccessToken.find': {
    instead: 'at userinfo, finds the record of a JWT in its claims and its grant',
    by: 'tokens/userinfo-token.ts',
    engineFile: 'models/access_token.js',
    test: 'test/flows/userinfo-api-token.slow.test.ts',
  },
  'BaseModel.constructor': {
    instead: 'sets the same members, by assignment',
    by: 'engine/fast-models.ts',
    engineFile: 'models/base_model.js',
    test: 'test/oidc/fast-models.test.ts',
  },
  'BaseModel.prototype.emit': {
    instead: 'emits the same events, and computes the name of each once',
    by: 'engine/fast-models.ts',
    engineFile: 'models/base_model.js',
    test: 'test/oidc/fast-models.test.ts',
  },
  'BaseModel.prototype.getValueAndPayload': {
    instead: 'returns the same payload, built by assignment',
    by: 'engine/fast-models.ts',
    engineFile: 'models/base_model.js',
    test: 'test/oidc/fast-models.test.ts',
  },
  'Claims.prototype.result': {
    instead:
      'adds roles, and gives the claims `groups` and `roles` the names and shapes that the client wants',
    by: 'tokens/group-claims.ts',
    engineFile: 'helpers/claims.js',
    test: 'test/flows/groups.slow.test.ts',
  },
  'Client.find': {
    instead: 'keeps a client for a second',
    by: 'engine/client-cache.ts',
    engineFile: 'models/client.js',
    test: 'test/flows/operations.test.ts',
  },
  'Client.needsSecret': {
    instead: 'is false for every client, because secrets are stored as digests',
    by: 'client-auth/secrets.ts',
    engineFile: 'models/client.js',
    test: 'test/oidc/algorithms.slow.test.ts',
  },
  'Client.prototype.compareClientSecret': {
    instead: 'compares digests, and rejects networks that have guessed too often',
    by: 'client-auth/secrets.ts',
    engineFile: 'models/client.js',
    test: 'test/security/d-wrong-secrets.slow.test.ts',
  },
  'Client.prototype.grantTypeAllowed': {
    instead: 'throws `unauthorized_client` at the token endpoint (RFC 6749 §5.2)',
    by: 'grants/token-endpoint.ts',
    engineFile: 'models/client.js',
    test: 'test/flows/client-kinds.slow.test.ts',
  },
  'Client.prototype.includeSid': {
    instead: 'is true for every client',
    by: 'logout/end-session.ts',
    engineFile: 'models/client.js',
    test: 'test/security/f-logout-hint.slow.test.ts',
  },
  'Client.prototype.responseModeAllowed': {
    instead: 'allows the registered response types and modes only',
    by: 'authorization/response-modes.ts',
    engineFile: 'models/client.js',
    test: 'test/security/c-authorization-request.slow.test.ts',
  },
  'Client.Schema.prototype.invalidate': {
    instead: 'in development, accepts redirect URIs on http and localhost for the implicit grant',
    by: 'authorization/front-channel.ts',
    engineFile: 'helpers/client_schema.js',
    test: 'test/flows/front-channel.slow.test.ts',
  },
  'ClientKeyStore.prototype.fresh': {
    instead:
      'is false for a key set of a `jwks_uri` that has expired, or may be fetched again for an unknown key',
    by: 'client-auth/client-keys.ts',
    engineFile: 'models/client.js',
    test: 'test/flows/jwks-uri.slow.test.ts',
  },
  'ClientKeyStore.prototype.refresh': {
    instead: 'fetches the key set of a `jwks_uri` by the guarded fetch, and leaves out unusable keys',
    by: 'client-auth/client-keys.ts',
    engineFile: 'models/client.js',
    test: 'test/flows/jwks-uri.slow.test.ts',
  },
  'ClientKeyStore.prototype.selectForVerify': {
    instead: 'selects no key of a set that has expired',
    by: 'client-auth/client-keys.ts',
    engineFile: 'helpers/keystore.js',
    test: 'test/flows/jwks-uri.slow.test.ts',
  },
  'Grant.find': {
    instead:
      'finds no grant of an earlier generation or instance, and leaves out scopes that the client has lost',
    by: 'engine/generation.ts',
    engineFile: 'models/base_model.js',
    test: 'test/security/revocation.slow.test.ts',
  },
  'Grant.IN_PAYLOAD': {
    instead: 'also keeps generation, instance, APIs, session and number of withdrawals',
    by: 'engine/generation.ts',
    engineFile: 'models/grant.js',
    test: 'test/security/revocation.slow.test.ts',
  },
  'IdToken.prototype.issue': {
    instead: 'adds `s_hash` to ID tokens of the authorization endpoint',
    by: 'authorization/front-channel.ts',
    engineFile: 'models/id_token.js',
    test: 'test/flows/front-channel.slow.test.ts',
  },
  'IdToken.prototype.payload': {
    instead: 'completes an introspection response before it is signed',
    by: 'tokens/introspection-response.ts',
    engineFile: 'models/id_token.js',
    test: 'test/flows/introspection-jwt.slow.test.ts',
  },
  'Interaction.find': {
    instead: 'adds the parameters from the browser',
    by: 'authorization/request-cookie.ts',
    engineFile: 'models/base_model.js',
    test: 'test/security/g-session.slow.test.ts',
  },
  'OIDCContext.prototype.body': {
    instead: 'is the form that Signet has read and validated',
    by: 'engine/request-body.ts',
    engineFile: 'shared/selective_body.js',
    test: 'test/flows/client-kinds.slow.test.ts',
  },
  'OIDCContext.prototype.params': {
    instead: 'has the `scope` without superfluous spaces, and each `resource` as its API is declared',
    by: 'engine/normalized-parameters.ts',
    engineFile: 'shared/assemble_params.js',
    test: 'test/security/c-no-scope.slow.test.ts',
  },
  'RefreshToken.find': {
    instead: 'finds a token within its replay window as if it had not been used',
    by: 'grants/refresh-replay.ts',
    engineFile: 'models/refresh_token.js',
    test: 'test/flows/refresh-token.slow.test.ts',
  },
  'RefreshToken.prototype.consume': {
    instead: 'tells a first use from a repeated one',
    by: 'grants/refresh-replay.ts',
    engineFile: 'models/refresh_token.js',
    test: 'test/flows/refresh-token.slow.test.ts',
  },
  'ReplayDetection.unique': {
    instead: 'is one atomic write',
    by: 'client-auth/assertions.ts',
    engineFile: 'models/replay_detection.js',
    test: 'test/faults/race.slow.test.ts',
  },
  'Session.IN_PAYLOAD': {
    instead: 'also keeps generation, second factor and limits',
    by: 'engine/generation.ts',
    engineFile: 'models/session.js',
    test: 'test/security/revocation.slow.test.ts',
  },
  'Session.prototype.authorizationFor': {
    instead: 'keeps what belongs to a client in an object without a prototype',
    by: 'engine/session-authorizations.ts',
    engineFile: 'models/session.js',
    test: 'test/oidc/session-authorizations.test.ts',
  },
  'Session.prototype.loginAccount': {
    instead: 'applies a sign-in once, also when further pages of the same request follow',
    by: 'engine/login-result.ts',
    engineFile: 'models/session.js',
    test: 'test/security/m-account.slow.test.ts',
  },
  'Session.prototype.save': {
    instead: 'writes a session by version, with the result of the request, and none without an account',
    by: 'engine/session.ts',
    engineFile: 'models/session.js',
    test: 'test/oidc/engine-pages.slow.test.ts',
  },
  'Provider.registerGrantType': {
    instead: 'wraps every grant, so that its writes are one step',
    by: 'engine/intercepted-provider.ts',
    engineFile: 'provider.js',
    test: 'test/flows/refresh-token.slow.test.ts',
  },
  'Provider.registerResponseMode': {
    instead:
      'registers the response modes of Signet (redirects that keep the registered query, and a page for `form_post`), and writes the result of the request before the response',
    by: 'engine/intercepted-provider.ts',
    engineFile: 'provider.js',
    test: 'test/flows/authorization-code.test.ts',
  },
} as const satisfies Readonly<Record<string, Override>>;

export type OverriddenMember = keyof typeof OVERRIDES;
