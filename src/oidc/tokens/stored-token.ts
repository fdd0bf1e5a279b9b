import type { ArtifactKind, Payload } from '../../store/store.ts';

/** Opaque tokens, and the grants and sessions behind them, as the engine stores them: for what reads them without the engine. */

export type StoredTokenKind = Extract<ArtifactKind, 'AccessToken' | 'RefreshToken'>;

export interface StoredToken {
  jti: string;
  clientId: string;
  accountId: string;
  grantId: string;
  /** Epoch seconds. */
  iat: number;
  exp: number;
  scope?: string;
  sid?: string;
  aud?: string;
  extra?: object;
  /** Of a refresh token: epoch seconds. */
  consumed?: number;
  expiresWithSession?: boolean;
  sessionUid?: string;
  /** Thumbprint of the key to which the token is bound (RFC 9449 §6). */
  jkt?: string;
  /** Thumbprint of the certificate to which the token is bound (RFC 8705 §3). */
  'x5t#S256'?: string;
}

/** Members that `StoredToken` has, or that have no part in whether the token is active and for what. */
const BOTH = [
  'kind',
  'jti',
  'clientId',
  'accountId',
  'grantId',
  'iat',
  'exp',
  'scope',
  'sid',
  'expiresWithSession',
  'sessionUid',
  'jkt',
  'x5t#S256',
  'claims',
  'gty',
];
const MEMBERS: Readonly<Record<StoredTokenKind, ReadonlySet<string>>> = {
  AccessToken: new Set([...BOTH, 'aud', 'extra']),
  RefreshToken: new Set([
    ...BOTH,
    'consumed',
    'acr',
    'amr',
    'authTime',
    'iiat',
    'nonce',
    'resource',
    'rotations',
  ]),
};

/** Whether a payload is a token of this kind without any other member: a feature of the engine may have stored that. */
export function isPlainToken(kind: StoredTokenKind, payload: Payload): payload is Payload & StoredToken {
  const members = MEMBERS[kind];
  for (const name in payload) if (!members.has(name)) return false;
  const { jti, accountId, grantId, iat, exp, aud } = payload;
  return (
    payload.kind === kind &&
    typeof jti === 'string' &&
    isText(accountId) &&
    isText(grantId) &&
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    (aud === undefined || typeof aud === 'string')
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/**
 * Whether a grant or session has not expired. The engine reads no record of another format: a later version may have stored one.
 * @param now epoch seconds
 */
export function isValidRecord({ format, exp }: Payload, now: number): boolean {
  return (format === undefined || format === 'opaque') && typeof exp === 'number' && exp > now;
}
