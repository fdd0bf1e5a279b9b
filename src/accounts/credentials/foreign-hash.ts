import { createCipheriv, createHash, pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * Password hashes of other systems, which accounts keep until their first sign-in. An account has such a hash in place of its own, in the PHC
 * string format, or in that of bcrypt:
 *
 *     $argon2id$v=19$m=…,t=…,p=…$salt$hash     $2b$10$…                          $bcrypt-sha256-hex$2b$10$…     (Django)
 *     $pbkdf2-sha256$i=27500$salt$hash         $scrypt$ln=14,r=8,p=1$salt$hash   $firebase-scrypt$ln=14,r=8,p=1$salt$hash
 *
 * `foreign-formats.ts` makes these from what other systems write. Passwords are compared as typed, without the normalization of Signet, because
 * that is what the other system has hashed.
 */
export interface ForeignHash {
  /** Scheme and costs: hashes with the same label take the same time. */
  readonly label: string;
  /** Why it is unacceptable: a sign-in would take too much time or memory, fail, or accept other passwords. It is not to be verified then. */
  readonly problem: string | undefined;
  verify(password: string): Promise<boolean>;
}

const BASE64 = '[A-Za-z0-9+/]+';
const NUMBER = '[1-9]\\d{0,8}';
/** Salt and hash of bcrypt, in its base64. */
const BCRYPT_LENGTH = 53;
const BCRYPT = new RegExp(
  `^(\\$bcrypt-sha256-hex)?(\\$2[aby]\\$(\\d\\d)\\$[./A-Za-z0-9]{${BCRYPT_LENGTH}})$`,
);
const PBKDF2 = new RegExp(`^\\$pbkdf2-(sha1|sha256|sha512)\\$i=(${NUMBER})\\$(${BASE64})\\$(${BASE64})$`);
const SCRYPT = new RegExp(
  `^\\$(firebase-)?scrypt\\$ln=(\\d{1,2}),r=(${NUMBER}),p=(${NUMBER})\\$(${BASE64})\\$(${BASE64})$`,
);
const ARGON2 = new RegExp(
  `^\\$(argon2(?:id|i|d))\\$v=19\\$m=(${NUMBER}),t=(${NUMBER}),p=(${NUMBER})\\$[A-Za-z0-9+/]{11,}\\$([A-Za-z0-9+/]{6,})$`,
);

/** Longer than any text with the bounds below. */
const MAX_LENGTH = 2048;

/** Of a hash: so many that no other password has it by chance, and no more than PBKDF2 makes in the time of its iterations. */
const MIN_HASH_BYTES = 16;
const MAX_HASH_BYTES = 512;

/** About two seconds of one core each. */
const MAX_BCRYPT_COST = 14;
const MAX_PBKDF2_ITERATIONS = 5_000_000;
const MAX_MEMORY_KIB = 262_144;
const MAX_SCRYPT_WORK = 4_194_304;
const MAX_ARGON2_WORK = 2_097_152;
const MAX_LANES = 16;

/** HMACs of PBKDF2 make one block of the hash in each iteration. */
const DIGEST_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 };

/** AES-256-CTR of Firebase's variant of scrypt. */
const FIREBASE_KEY_BYTES = 32;
const BLOCK_BYTES = 16;

const deriveScrypt = promisify<string, Buffer, number, ScryptCost & { maxmem: number }, Buffer>(scrypt);
const derivePbkdf2 = promisify(pbkdf2);

interface ScryptCost {
  N: number;
  r: number;
  p: number;
}

/** @returns undefined for another text */
export function parseForeignHash(text: string): ForeignHash | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  return parseBcrypt(text) ?? parsePbkdf2(text) ?? parseScrypt(text) ?? parseArgon2(text);
}

/** A hash with the same costs and without an account: no password matches it. */
export function sampleOf(text: string): string {
  if (BCRYPT.test(text)) return text.replace(/[^$]+$/, 'C'.repeat(BCRYPT_LENGTH));
  return text.replaceAll(/(?<=\$)[A-Za-z0-9+/]+(?=$|\$[A-Za-z0-9+/]+$)/g, ({ length }) => 'A'.repeat(length));
}

function parseBcrypt(text: string): ForeignHash | undefined {
  const [, prefix, hash, cost] = BCRYPT.exec(text) ?? [];
  if (hash === undefined) return undefined;
  const isTooCostly = Number(cost) > MAX_BCRYPT_COST || Number(cost) < 4;
  return {
    label: `bcrypt ${cost}`,
    problem: isTooCostly ? `bcrypt with cost ${cost}; 4 to ${MAX_BCRYPT_COST} are accepted` : undefined,
    async verify(password) {
      // Loaded for the first such account, like the other libraries here.
      const { compareBcrypt } = await import('./bcrypt.ts');
      // Django hashes the digest, because bcrypt ignores what follows after 72 bytes.
      const input = prefix === undefined ? password : createHash('sha256').update(password).digest('hex');
      return await compareBcrypt(input, hash);
    },
  };
}

function parsePbkdf2(text: string): ForeignHash | undefined {
  const [, digest = '', count, salt = '', hash = ''] = PBKDF2.exec(text) ?? [];
  if (count === undefined) return undefined;
  const expected = Buffer.from(hash, 'base64');
  const blocks = Math.ceil(expected.length / (DIGEST_BYTES[digest] ?? 1));
  const iterations = Number(count);
  return {
    label: `pbkdf2-${digest} ${iterations * blocks}`,
    problem:
      lengthProblem(expected) ??
      (iterations * blocks > MAX_PBKDF2_ITERATIONS
        ? `PBKDF2 with ${iterations} iterations for each of ${blocks} blocks; at most ${MAX_PBKDF2_ITERATIONS} are accepted`
        : undefined),
    async verify(password) {
      const derived = await derivePbkdf2(
        password,
        Buffer.from(salt, 'base64'),
        iterations,
        expected.length,
        digest,
      );
      return timingSafeEqual(derived, expected);
    },
  };
}

function parseScrypt(text: string): ForeignHash | undefined {
  const [, firebase, ln, r, p, salt = '', hash = ''] = SCRYPT.exec(text) ?? [];
  if (ln === undefined) return undefined;
  const expected = Buffer.from(hash, 'base64');
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  // Of V, B and a block of work (RFC 7914 §5, §6).
  const memory = 128 * cost.r * (cost.N + cost.p + 2);
  const isTooCostly =
    memory > MAX_MEMORY_KIB * 1024 || cost.N * cost.r * cost.p > MAX_SCRYPT_WORK || cost.p > MAX_LANES;
  // RFC 7914 §2: N is larger than 1 and less than 2^(128 r / 8).
  const isInvalid = Number(ln) < 1 || Number(ln) >= 16 * cost.r;
  return {
    label: `scrypt ${ln} ${r} ${p}`,
    problem:
      lengthProblem(expected) ??
      (isTooCostly || isInvalid
        ? `scrypt with N=2^${ln}, r=${r}, p=${p}, which takes too much memory or time, or is invalid`
        : undefined),
    async verify(password) {
      const length = firebase === undefined ? expected.length : FIREBASE_KEY_BYTES;
      const options = { ...cost, maxmem: memory + 1 };
      const derived = await deriveScrypt(password, Buffer.from(salt, 'base64'), length, options);
      const actual = firebase === undefined ? derived : keystream(derived, expected.length);
      return timingSafeEqual(actual, expected);
    },
  };
}

function parseArgon2(text: string): ForeignHash | undefined {
  const [, type, m, t, p, hash = ''] = ARGON2.exec(text) ?? [];
  if (type === undefined) return undefined;
  const isTooCostly =
    Number(m) > MAX_MEMORY_KIB || Number(m) * Number(t) > MAX_ARGON2_WORK || Number(p) > MAX_LANES;
  // RFC 9106 §3.1: eight blocks of 1 KiB for each lane.
  const isInvalid = Number(m) < 8 * Number(p);
  return {
    label: `${type} ${m} ${t} ${p}`,
    problem:
      lengthProblem(Buffer.from(hash, 'base64')) ??
      (isTooCostly || isInvalid
        ? `${type} with m=${m}, t=${t}, p=${p}, which takes too much memory or time, or is invalid`
        : undefined),
    async verify(password) {
      const { verify } = await import('argon2');
      return await verify(text, password);
    },
  };
}

function lengthProblem({ length }: Buffer): string | undefined {
  return length < MIN_HASH_BYTES || length > MAX_HASH_BYTES
    ? `${length} bytes long; ${MIN_HASH_BYTES} to ${MAX_HASH_BYTES} are accepted`
    : undefined;
}

/**
 * Firebase encrypts a key of the project, its signer key, with what scrypt has derived. Signet keeps the stream that was added to that key, so it
 * needs no key of the project: `foreign-formats.ts` has removed it.
 */
function keystream(key: Buffer, length: number): Buffer {
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(BLOCK_BYTES)).update(Buffer.alloc(length));
}
