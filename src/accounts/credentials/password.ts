import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import type { Config } from '../../config/config.ts';
import type { ForeignHash } from './foreign-hash.ts';
import type { PasswordProblem } from './password-problem.ts';
import { lowerThreadPoolPriority } from './thread-pool.ts';

/**
 * Password hashing with argon2id, and the rules for new passwords. A bounded queue limits the hashes that run at a time and those
 * that wait: a flood of sign-ins can neither starve token signing of CPU, nor the store of threads, nor exhaust the memory. This
 * folder owns credentials, one file each; it knows no accounts, and stores nothing.
 */

/** Names in it are unacceptable as passwords. */
export interface Site {
  issuer: string;
  brand: { name: string };
}

/** UTF-8 bytes. Longer passwords are rejected before any work is done. */
export const MAX_PASSWORD_BYTES = 4096;

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const VERSION = 0x13;

/** argon2id in the PHC string format: parameters in any order, a salt of at least 16 bytes. */
const PHC =
  /^\$argon2id\$v=19\$([mtp]=\d{1,9},[mtp]=\d{1,9},[mtp]=\d{1,9})\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{22,86}$/;

/** The queue is full. */
export class PasswordQueueFullError extends Error {
  override readonly name = 'PasswordQueueFullError';
  /** The response status, read by oidc-provider and koa. */
  readonly statusCode = 503;
  readonly expose = false;

  constructor() {
    super('too many passwords are waiting to be checked');
  }
}

/** @returns undefined when the queue is full */
export async function unlessQueueIsFull<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PasswordQueueFullError) return undefined;
    throw error;
  }
}

/** Decides about one comparison, at the time it leaves the queue. */
export interface PasswordGuard {
  admit(): Promise<boolean>;
  failed(): Promise<void>;
}

export interface Passwords {
  /**
   * @returns a PHC string with the configured parameters in the order `m,t,p`
   * @throws PasswordQueueFullError
   */
  hash(password: string): Promise<string>;
  /**
   * Compares a password with a stored hash, also with one of another system (`foreign-hash.ts`). Without a hash, or with one of an unknown
   * format or unacceptable costs, the work for a hash of Signet is done and the result is invalid.
   * @param guard called when the comparison leaves the queue, and again after a failure, before the next one leaves it. Its counters
   *   are therefore current however many attempts arrive at once. When it does not admit, the same work is done and the result
   *   is invalid
   * @returns `outdated`: the password is valid, and the hash has other parameters than the configured ones; `startedAt`: when it left the
   *   queue, in the time of `performance.now()`
   * @throws PasswordQueueFullError
   */
  verify(
    hash: string | undefined,
    password: string,
    guard?: PasswordGuard,
  ): Promise<{ valid: boolean; outdated: boolean; startedAt: number }>;
  /**
   * Why a new password is unacceptable (`password-rules.ts`).
   * @param names of the person, beside the username
   * @throws PasswordQueueFullError
   */
  problems(password: string, username: string, names?: readonly string[]): Promise<PasswordProblem[]>;
  /** Hashes in the queue. */
  readonly waiting: number;
}

export function createPasswords(settings: Config['passwords'], site?: Site): Passwords {
  const { memory, iterations, parallelism } = settings;
  const limit = pLimit(settings.concurrency);
  let priorityLowered = false;
  const order = `m=${memory},t=${iterations},p=${parallelism}`;
  // A random hash that no password matches; comparing with it is the same work as with a real one.
  const decoy = `$argon2id$v=19$${order}$${base64(randomBytes(SALT_BYTES))}$${base64(randomBytes(HASH_BYTES))}`;

  async function enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    if (limit.pendingCount >= settings.queue) throw new PasswordQueueFullError();
    const result = await limit(work);
    if (!priorityLowered) {
      priorityLowered = true;
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
        // The library writes m,p,t; the PHC specification and other implementations use m,t,p.
        return hash.replace(/\$m=\d+,p=\d+,t=\d+\$/, `$${order}$`);
      }),
    verify: (stored, password, guard) =>
      enqueue(async () => {
        const startedAt = performance.now();
        const admitted = (await guard?.admit()) ?? true;
        const { valid, outdated } = await compare(admitted ? stored : undefined, password, { decoy, order });
        if (!valid) await guard?.failed();
        return { valid, outdated, startedAt };
      }),
    problems: async (password, username, names = []) => {
      if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
        return [{ key: 'password.tooLong', values: { maximum: MAX_PASSWORD_BYTES } }];
      const prepared = prepare(password);
      if (Array.from(prepared).length < settings.minimumLength)
        return [{ key: 'password.tooShort', values: { minimum: settings.minimumLength } }];
      // Loaded for a new password: the start does not need it.
      const { judgePassword } = await import('./password-judge.ts');
      const service = site === undefined ? [] : serviceNames(site);
      return await enqueue(() => judgePassword(prepared, [username, ...names, ...service]));
    },
    get waiting() {
      return limit.pendingCount;
    },
  };
}

/** The names of the service: product, brand, and host of the issuer. */
function serviceNames({ issuer, brand }: Site): string[] {
  return ['Signet', brand.name, new URL(issuer).hostname];
}

/** Loaded at first use: the start does not need it. */
const loadArgon2 = () => import('argon2');

/** @param order parameters of the decoy, which are those of new hashes */
async function compare(
  stored: string | undefined,
  password: string,
  { decoy, order }: { decoy: string; order: string },
): Promise<{ valid: boolean; outdated: boolean }> {
  const [hash, parameters = ''] = PHC.exec(stored ?? '') ?? [];
  const foreign = stored === undefined || hash !== undefined ? undefined : await findForeignHash(stored);
  if (foreign !== undefined) {
    const valid = await foreign.verify(password);
    return { valid, outdated: valid };
  }
  const { verify } = await loadArgon2();
  const valid = (await verify(hash ?? decoy, prepare(password))) && hash !== undefined;
  return { valid, outdated: valid && !sameParameters(parameters, order) };
}

/** Loaded for the first account that was imported with a hash. */
async function findForeignHash(text: string): Promise<ForeignHash | undefined> {
  const { parseForeignHash } = await import('./foreign-hash.ts');
  const foreign = parseForeignHash(text);
  return foreign?.problem === undefined ? foreign : undefined;
}

/** NFC: keyboards may compose the same character in different ways (RFC 8265 §4.2.2). */
function prepare(password: string): string {
  return password.normalize('NFC');
}

function sameParameters(one: string, other: string): boolean {
  return one.split(',').sort().join() === other.split(',').sort().join();
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
