import { toStoredListing } from '../listing.ts';
import { ARTIFACT_KINDS } from '../port/artifact-kinds.ts';
import { digest, IV_LENGTH, seal, sealingKey, unseal } from '../sealing.ts';
import type { ArtifactKind, ArtifactWrite, Payload, Version, VersionedArtifact } from '../store.ts';
import type { CachedArtifact, SecondKey } from './record-cache.ts';

/** Conversion between artifacts and their rows. Digests and seals are computed before a write is queued, so once for each write. */

/** A write with its row, and what the cache keeps of it: artifacts that are likely to be read within seconds or minutes. */
export type PreparedWrite = ReturnType<typeof prepareWrite>;

export function prepareWrite(kind: ArtifactKind, id: string, write: ArtifactWrite) {
  const text = JSON.stringify(write.payload);
  const sealed = seal(sealingKey(kind, id), text);
  const grant = kind === 'Grant' ? id : write.grantId;
  const { expiresAt } = write;
  const secondKey = secondKeyOf(write);
  const row = {
    id: digest('artifact', kind, id),
    kind,
    sealed,
    expiresAt,
    grantId: grant === undefined ? null : grantDigest(grant),
    accountId: write.accountId ?? null,
    listed: write.listed === undefined ? null : JSON.stringify(toStoredListing(write.listed)),
    ...aliasColumns(kind, id, secondKey),
  };
  const isShort = ARTIFACT_KINDS[kind] === 'local';
  const cached = isShort ? { text, version: encodeVersion(sealed, null), expiresAt } : undefined;
  return { kind, id, secondKey, row, cached };
}

/**
 * Condition of the index of artifacts by account, verbatim in each query that uses it: grants, and what is under no grant. An artifact
 * under a grant does not outlive that (`grantLifetime`), and is found by it.
 */
export const INDEXED_BY_ACCOUNT = `(grant_id IS NULL OR kind = 'Grant')`;

/** An artifact that has not expired. */
export interface Found {
  sealed: Uint8Array;
  /** Epoch seconds. */
  expiresAt: number;
  /** Epoch seconds. */
  consumed: number | null;
}

export function grantDigest(grantId: string): Buffer {
  return digest('grant', 'Grant', grantId);
}

export function openText(kind: ArtifactKind, id: string, { sealed }: Pick<Found, 'sealed'>): string {
  return unseal(sealingKey(kind, id), sealed);
}

export function readPayload(text: string, consumed: number | null): Payload {
  const payload: Payload = JSON.parse(text);
  return consumed === null ? payload : { ...payload, consumed };
}

/** @throws TypeError when there is more than one */
function secondKeyOf({ uid, userCode }: ArtifactWrite): SecondKey | undefined {
  if (uid !== undefined && userCode !== undefined)
    throw new TypeError('an artifact has one second key at most');
  if (uid !== undefined) return { purpose: 'uid', value: uid };
  return userCode === undefined ? undefined : { purpose: 'user code', value: userCode };
}

/** The digest of the second key, and the id sealed under that key, so that a find by the second key can read the payload. */
function aliasColumns(kind: ArtifactKind, id: string, key: SecondKey | undefined) {
  if (key === undefined) return { alias: null, sealedId: null };
  return { alias: digest(key.purpose, kind, key.value), sealedId: seal(sealingKey(kind, key.value), id) };
}

/** Each caller gets a payload of its own. */
export function readCached({ text, version }: CachedArtifact): VersionedArtifact {
  return { payload: readPayload(text, null), version };
}

/** The version of an artifact that does not exist. */
export const ABSENT: Version = '';

/** The IV of the sealed payload, which is random for each write, and the time of consumption. */
export function encodeVersion(sealed: Uint8Array, consumed: number | null): Version {
  const iv = Buffer.from(sealed.subarray(0, IV_LENGTH)).toString('base64url');
  return consumed === null ? iv : `${iv}.${consumed}`;
}

/** What `versionMatches` (`unit.ts`) compares with. */
export function decodeVersion(version: Version): { iv: Buffer | null; at: number | null } {
  if (version === ABSENT) return { iv: null, at: null };
  const [iv = '', at] = version.split('.');
  return { iv: Buffer.from(iv, 'base64url'), at: at === undefined ? null : Number(at) };
}
