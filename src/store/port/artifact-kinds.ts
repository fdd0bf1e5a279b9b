/**
 * Every kind of artifact, and how durable a write of it is when it is acknowledged.
 *
 * `replicated`: losing the write would be noticed for longer than a retry takes. In Redis it is acknowledged once the replicas have
 * confirmed it, so that it survives a failover.
 *
 * `local`: a client or browser can ask again. In Redis the master alone acknowledges it; a failover may lose the most recent ones.
 *
 * SQLite makes no difference: it syncs its log before it acknowledges any write. Three things are replicated for every kind:
 * consumption, replay ids, and everything that ends an artifact (destruction, revocation).
 */
export const ARTIFACT_KINDS = {
  AccessToken: 'local',
  AuthorizationCode: 'local',
  BackchannelAuthenticationRequest: 'local',
  ClientCredentials: 'local',
  Consent: 'replicated',
  DeviceCode: 'local',
  Grant: 'replicated',
  InitialAccessToken: 'replicated',
  Interaction: 'local',
  KnownDevice: 'local',
  PushedAuthorizationRequest: 'local',
  RefreshAnswer: 'replicated',
  RefreshToken: 'replicated',
  RegistrationAccessToken: 'replicated',
  ReplayDetection: 'local',
  RevokedAccessToken: 'replicated',
  Session: 'local',
  SigningKeyNumber: 'local',
} as const satisfies Record<string, 'replicated' | 'local'>;

/** oidc-provider's model names, and a few of our own. */
export type ArtifactKind = keyof typeof ARTIFACT_KINDS;

export const ALL_ARTIFACT_KINDS = Object.keys(ARTIFACT_KINDS) as ArtifactKind[];
