import { toStoredListing } from '../listing.ts';
import { ARTIFACT_KINDS } from '../port/artifact-kinds.ts';
import type { RecentTexts } from '../recent-texts.ts';
import { digest, IV_LENGTH, seal, sealingKey } from '../sealing.ts';
import type { ArtifactKind, ArtifactWrite, Payload, Version, VersionedArtifact } from '../store.ts';

/** Conversion between artifacts and their rows. Digests and seals are computed before a write is queued, so once for each write. */

export type Alias = 'uid' | 'user code';

export type ArtifactRow = ReturnType<typeof artifactRow>;

/** @param texts keeps what is likely to be read within seconds or minutes: artifacts that live that long */
export function artifactRow(kind: ArtifactKind, id: string, write: ArtifactWrite, texts: RecentTexts) {
  const text = JSON.stringify(write.payload);
  const grant = kind === 'Grant' ? id : write.grantId;
  return {
    id: digest('artifact', kind, id),
    kind,
    sealed: ARTIFACT_KINDS[kind] === 'local' ? texts.seal(kind, id, text) : seal(sealingKey(kind, id), text),
    expiresAt: write.expiresAt,
    grantId: grant === undefined ? null : grantDigest(grant),
    accountId: write.accountId ?? null,
    listed: write.listed === undefined ? null : JSON.stringify(toStoredListing(write.listed)),
    ...aliasColumns(kind, id, write),
  };
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
  consumed: number | null;
}

export function grantDigest(grantId: string): Buffer {
  return digest('grant', 'Grant', grantId);
}

export function readPayload(kind: ArtifactKind, id: string, row: Found, texts: RecentTexts): Payload {
  const payload: Payload = JSON.parse(texts.unseal(kind, id, row.sealed));
  return row.consumed === null ? payload : { ...payload, consumed: row.consumed };
}

/** The digest of the second key, and the id sealed under that key, so that a find by the second key can read the payload. */
function aliasColumns(kind: ArtifactKind, id: string, { uid, userCode }: ArtifactWrite) {
  if (uid !== undefined && userCode !== undefined)
    throw new TypeError('an artifact has one second key at most');
  const value = uid ?? userCode;
  if (value === undefined) return { alias: null, sealedId: null };
  const purpose: Alias = uid === undefined ? 'user code' : 'uid';
  return { alias: digest(purpose, kind, value), sealedId: seal(sealingKey(kind, value), id) };
}

export function readVersioned(
  kind: ArtifactKind,
  id: string,
  row: Found | undefined,
  texts: RecentTexts,
): VersionedArtifact {
  return { payload: row && readPayload(kind, id, row, texts), version: encodeVersion(row) };
}

/** The version of an artifact that does not exist. */
export const ABSENT: Version = '';

/** The IV of the sealed payload, which is random for each write, and the time of consumption. */
function encodeVersion(row: Found | undefined): Version {
  if (row === undefined) return ABSENT;
  const iv = Buffer.from(row.sealed.subarray(0, IV_LENGTH)).toString('base64url');
  return row.consumed === null ? iv : `${iv}.${row.consumed}`;
}

/** What `versionMatches` (`unit.ts`) compares with. */
export function decodeVersion(version: Version): { iv: Buffer | null; at: number | null } {
  if (version === ABSENT) return { iv: null, at: null };
  const [iv = '', at] = version.split('.');
  return { iv: Buffer.from(iv, 'base64url'), at: at === undefined ? null : Number(at) };
}
