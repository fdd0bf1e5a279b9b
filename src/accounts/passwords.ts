import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import type { Config } from '../config/config.ts';
import { commonOrNamed, serviceNames, type Site } from './password-rules.ts';
import { lowerThreadPoolPriority } from './thread-pool.ts';

/**
 * Password hashing: argon2id behind a bounded queue, so that a flood of sign-ins can neither take the processor from signing nor the
 * thread pool from the store, nor fill the memory. Knows nothing of accounts.
 */

/** Bytes of UTF-8. Longer ones are refused before any work is done. */
export const MAXIMUM_PASSWORD_BYTES = 4096;

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const VERSION = 0x13;

/** argon2id in the PHC string format, parameters in any order, salt of at least 16 bytes. */
const PHC =
  /^\$argon2id\$v=19\$([mtp]=\d{1,9},[mtp]=\d{1,9},[mtp]=\d{1,9})\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{22,86}$/;

/** More sign-ins are waiting than the queue holds. */
export class PasswordQueueFullError extends Error {
  override readonly name = 'PasswordQueueFullError';
  /** oidc-provider and koa use this as the response status. */
  readonly statusCode = 503;
  readonly expose = false;

  constructor() {
    super('too many passwords are waiting to be checked');
  }
}

export interface PasswordGuard {
  admit(): Promise<boolean>;
  failed(): Promise<void>;
}

export interface Passwords {
  /**
   * @returns a PHC string with the configured parameters in the order of the specification, `m,t,p`
   * @throws PasswordQueueFullError
   */
  hash(password: string): Promise<string>;
  /**
   * Checks a password against a stored hash. Without a hash, or with one that is not argon2id, it does the same work and finds
   * the password wrong.
   * @param guard is asked when the turn has come, and told of a wrong password before the next one: what was counted until then is
   *   known to it, however many came at once. Where it says no, the same work is done and the password is wrong
   * @returns `outdated` when the password is right and its hash was made with other parameters than the configured ones
   * @throws PasswordQueueFullError
   */
  verify(
    hash: string | undefined,
    password: string,
    guard?: PasswordGuard,
  ): Promise<{ valid: boolean; outdated: boolean }>;
  /** What keeps a password from being set, a sentence each (`password-rules.ts`). */
  problems(password: string, username: string): Promise<string[]>;
  /** Hashes waiting for their turn. */
  readonly waiting: number;
}

/** @param site whose names are no passwords */
export function createPasswords(settings: Config['passwords'], site?: Site): Passwords {
  const { memory, iterations, parallelism } = settings;
  const limit = pLimit(settings.concurrency);
  let standsBack = false;
  const order = `m=${memory},t=${iterations},p=${parallelism}`;
  // No password has this hash; computing one is the same work as for a real one.
  const decoy = `$argon2id$v=19$${order}$${base64(randomBytes(SALT_BYTES))}$${base64(randomBytes(HASH_BYTES))}`;

  async function enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    if (limit.pendingCount >= settings.queue) throw new PasswordQueueFullError();
    const result = await limit(work);
    if (!standsBack) {
      standsBack = true;
      lowerThreadPoolPriority();
    }
    return result;
  }

  return {
    hash: (password) =>
      enqueue(async () => {
        const argon2 = await loadArgon2();
        const hash = await argon2.hash(prepare(password), {
          type: argon2.argon2id,
          version: VERSION,
          memoryCost: memory,
          timeCost: iterations,
          parallelism,
          hashLength: HASH_BYTES,
          salt: randomBytes(SALT_BYTES),
        });
        // The library writes m,p,t; the specification of the format, and other readers of it, want m,t,p.
        return hash.replace(/\$m=\d+,p=\d+,t=\d+\$/, `$${order}$`);
      }),
    verify: (stored, password, guard) =>
      enqueue(async () => {
        const { verify } = await loadArgon2();
        const admitted = (await guard?.admit()) ?? true;
        const [hash, parameters] = PHC.exec((admitted ? stored : undefined) ?? decoy) ?? [decoy];
        const valid = (await verify(hash, prepare(password))) && hash !== decoy;
        if (!valid) await guard?.failed();
        return { valid, outdated: valid && !sameParameters(parameters ?? '', order) };
      }),
    problems: async (password, username) => {
      if (Buffer.byteLength(password) > MAXIMUM_PASSWORD_BYTES) {
        return [`the password is longer than ${MAXIMUM_PASSWORD_BYTES} bytes`];
      }
      const prepared = prepare(password);
      if (Array.from(prepared).length < settings.minimumLength)
        return [`the password is shorter than ${settings.minimumLength} characters`];
      return await commonOrNamed(prepared, [username, ...(site === undefined ? [] : serviceNames(site))]);
    },
    get waiting() {
      return limit.pendingCount;
    },
  };
}

/** Loaded at first use: a server that has not seen a sign-in yet starts faster without it. */
const loadArgon2 = () => import('argon2');

/** The same password typed on another keyboard is the same sequence of code points (RFC 8265 §4.2.2). */
function prepare(password: string): string {
  return password.normalize('NFC');
}

function sameParameters(one: string, other: string): boolean {
  return one.split(',').sort().join() === other.split(',').sort().join();
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
