import { StoreUnavailableError } from '../../errors.ts';
import type { StoredListing } from '../../listing.ts';
import { IV_LENGTH } from '../../sealing.ts';
import type { Version } from '../../store.ts';
import type { EpochReferences } from '../revocation/revocation-epochs.ts';

/** The format of an artifact in Redis: one line of JSON (the header), then the sealed payload. */

export interface Header extends EpochReferences {
  /** Epoch seconds. */
  expiresAt: number;
  /** Digest of the uid or user code. */
  alias?: string;
  /** Versions before 0.2 write none, and lose it when they write the artifact again. */
  listed?: StoredListing;
}

export interface ArtifactRecord {
  header: Header;
  /** The header as stored, with its line end; `consume` compares it. */
  rawHeader: Buffer;
  sealed: Buffer;
  /** Epoch seconds. */
  consumed: number | undefined;
}

const LINE_END = 0x0a;

/** The artifact as stored, even when it has expired or was revoked. */
export interface RawArtifact {
  record: Buffer | null | undefined;
  /** `<at> <expires at>` */
  mark: Buffer | null | undefined;
}

/** The IV of the sealed payload, which is random for each write, and the time of consumption; '' without a record. */
export function versionOf({ record, mark }: RawArtifact, now: number): Version {
  if (!record) return '';
  const start = record.indexOf(LINE_END) + 1;
  const iv = record.toString('base64url', start, start + IV_LENGTH);
  const at = consumedAt(mark, now);
  return at === undefined ? iv : `${iv}.${at}`;
}

/** A version as `writeArtifact` compares it. */
export function versionArgument(version: Version): Buffer {
  const [iv = '', at = ''] = version.split('.');
  return Buffer.concat([Buffer.from(iv, 'base64url'), Buffer.from(at)]);
}

export function encodeRecord(header: Header, sealed: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), sealed]);
}

/**
 * @param mark the mark of consumption, `<at> <expires at>`
 * @param now epoch seconds
 * @returns undefined when there is no record or it has expired
 * @throws StoreUnavailableError when the record is damaged
 */
export function decodeRecord(
  value: Buffer | null | undefined,
  mark: Buffer | null | undefined,
  now: number,
): ArtifactRecord | undefined {
  if (!value) return undefined;
  const end = value.indexOf(LINE_END) + 1;
  const rawHeader = value.subarray(0, end);
  const header = parseHeader(rawHeader);
  if (header.expiresAt <= now) return undefined;
  return { header, rawHeader, sealed: value.subarray(end), consumed: consumedAt(mark, now) };
}

function parseHeader(rawHeader: Buffer): Header {
  try {
    return JSON.parse(rawHeader.toString());
  } catch {
    throw new StoreUnavailableError('a record of the store is damaged');
  }
}

function consumedAt(mark: Buffer | null | undefined, now: number): number | undefined {
  const [at, expiresAt] = mark?.toString().split(' ').map(Number) ?? [];
  return expiresAt !== undefined && expiresAt > now ? at : undefined;
}
