import { createHash, randomBytes } from 'node:crypto';
import type { RecoveryCodesRecord } from '../../store/store.ts';

/**
 * Recovery codes: ten "look-up secrets" (NIST SP 800-63B-4 §3.1.2), shown once, of which each is accepted once. A code has 120 random bits:
 * from 112 on, a plain digest is enough at rest, because no list of digests can be searched for it. New codes replace the old ones as a set.
 */

const COUNT = 10;
const CODE_BYTES = 15;
const GROUP_LENGTH = 4;

/** Crockford's base32: without I, L, O and U, so that no two characters are mistaken for each other. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BITS = 5;
const CODE_LENGTH = (CODE_BYTES * 8) / BITS;
const CODE = new RegExp(`^[${ALPHABET}]{${CODE_LENGTH}}$`);

/** What people write between the groups. */
const SEPARATORS = /[\s\p{Pd}]/gu;
/** Longest text that is looked at, with generous separators. */
const MAX_TYPED_LENGTH = 4 * CODE_LENGTH;

/**
 * @param accountId the digests are of this account's codes
 * @returns the codes for the person, in groups of four; and the record, which cannot be turned into codes again
 */
export function createRecoveryCodes(
  accountId: string,
  createdAt: number,
): { codes: string[]; record: RecoveryCodesRecord } {
  const codes = Array.from({ length: COUNT }, () => encode(randomBytes(CODE_BYTES)));
  return {
    codes: codes.map(inGroups),
    record: { createdAt, digests: codes.map((code) => digestOf(accountId, code)) },
  };
}

/**
 * The record after the use of a code.
 * @param typed upper or lower case, with or without separators, O for 0, and I or L for 1
 * @returns undefined for a code that is wrong or was used before
 */
export function withoutCode(
  record: RecoveryCodesRecord,
  accountId: string,
  typed: string,
): RecoveryCodesRecord | undefined {
  const code = normalize(typed);
  if (code === undefined) return undefined;
  const digest = digestOf(accountId, code);
  if (!record.digests.includes(digest)) return undefined;
  return { ...record, digests: record.digests.filter((other) => other !== digest) };
}

function normalize(typed: string): string | undefined {
  if (typed.length > MAX_TYPED_LENGTH) return undefined;
  const code = typed
    .normalize('NFKC')
    .replaceAll(SEPARATORS, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  return CODE.test(code) ? code : undefined;
}

/** Big-endian, five bits to a character. */
function encode(bytes: Buffer): string {
  let text = '';
  let value = BigInt(`0x${bytes.toString('hex')}`);
  for (let index = 0; index < CODE_LENGTH; index += 1) {
    text = (ALPHABET[Number(value & 31n)] ?? '') + text;
    value >>= BigInt(BITS);
  }
  return text;
}

function inGroups(code: string): string {
  return code.replaceAll(new RegExp(`.{${GROUP_LENGTH}}(?=.)`, 'g'), '$&-');
}

function digestOf(accountId: string, code: string): string {
  return createHash('sha256').update(`recovery code\0${accountId}\0${code}`).digest('base64url');
}
