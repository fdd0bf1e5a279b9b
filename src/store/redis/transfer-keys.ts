import type { ArtifactKind } from '../store.ts';

/** Names of keys as `keys.ts` gives them, for those who know digests instead of ids. */
export const keysByDigest = {
  artifact: (kind: ArtifactKind, digest: string) => `signet:artifact:${kind}:{${digest}}`,
  consumed: (kind: ArtifactKind, digest: string) => `signet:consumed:${kind}:{${digest}}`,
  once: (kind: ArtifactKind, digest: string) => `signet:once:${kind}:{${digest}}`,
} as const;

/** What the names of all such keys begin with. */
export const PREFIXES = {
  all: 'signet:',
  artifact: 'signet:artifact:',
  consumed: 'signet:consumed:',
  once: 'signet:once:',
  grantEra: 'signet:era:grant:',
  account: 'signet:account:{accounts}:',
} as const;

/** Kind, where the name has one, and digest. */
export function parseKey(name: string): { kind: ArtifactKind; digest: string } {
  const [, kind = '', digest = ''] = /^signet:[^{]*?([^:{]*):\{(.+)\}$/.exec(name) ?? [];
  return { kind: kind as ArtifactKind, digest };
}

/**
 * Here the name of a mark has the kind of its artifact in it, elsewhere only the digest, which is of that kind anyway. A mark whose kind is
 * not known is kept under every kind: only the right one is ever asked for.
 */
export const ALL_KINDS = Object.keys({
  AccessToken: true,
  AuthorizationCode: true,
  BackchannelAuthenticationRequest: true,
  ClientCredentials: true,
  Consent: true,
  DeviceCode: true,
  Grant: true,
  InitialAccessToken: true,
  Interaction: true,
  KnownDevice: true,
  PushedAuthorizationRequest: true,
  RefreshAnswer: true,
  RefreshToken: true,
  RegistrationAccessToken: true,
  ReplayDetection: true,
  RevokedAccessToken: true,
  Session: true,
  SigningKeyNumber: true,
} satisfies Record<ArtifactKind, true>) as ArtifactKind[];
