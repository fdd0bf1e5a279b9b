import type { KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { nowInSeconds } from '../../clock.ts';
import {
  type DecryptionAlgorithm,
  type DecryptionKeyRecord,
  openDecryptionKey,
  publishedDecryptionKey,
} from './decryption-key.ts';
import { type DecryptionKeyOptions, maintainDecryptionKeys, readDecryptionKeys } from './decryption-ring.ts';

/** The keys of a running server: follows the record in the store, and carries out the scheduled rotation. */
export interface DecryptionKeys {
  /** For the JWKS. */
  readonly published: readonly JWK[];
  /**
   * The private keys that may decrypt, the published one first. An unknown `kid` has the record read again, at most once in a second.
   * @throws SealingError or StoreUnavailableError
   */
  find(alg: DecryptionAlgorithm, kid: string | undefined): Promise<readonly KeyObject[]>;
  /** Reads the record now instead of at the next interval. Never rejects. */
  refresh(): Promise<void>;
  stop(): void;
}

const POLL_INTERVAL_MS = 2000;
const MIN_REFRESH_INTERVAL_MS = 1000;

export interface FollowOptions extends DecryptionKeyOptions {
  /** The JWKS has changed. */
  onChange: () => void;
  /** This process has made a key. */
  onCreate: (key: DecryptionKeyRecord) => void;
  /** A refresh failed. The keys in use stay. */
  onError: (error: unknown) => void;
}

/** @throws SealingError or StoreUnavailableError when the keys cannot be read or made */
export async function followDecryptionKeys(options: FollowOptions): Promise<DecryptionKeys> {
  const { clock, sealer, onChange, onCreate, onError } = options;
  let keys: readonly DecryptionKeyRecord[] = [];
  let published: readonly JWK[] = [];
  let readAt = 0;
  let stopped = false;
  const opened = new Map<string, KeyObject>();
  const read = async (): Promise<boolean> => {
    readAt = clock();
    const next = await maintainDecryptionKeys(options, await readDecryptionKeys(options));
    next.made.forEach(onCreate);
    keys = next.keys;
    for (const kid of opened.keys()) if (!keys.some((key) => key.kid === kid)) opened.delete(kid);
    const before = JSON.stringify(published);
    published = keys.filter(({ retiresAt }) => retiresAt === undefined).map(publishedDecryptionKey);
    return JSON.stringify(published) !== before;
  };
  const refresh = async (): Promise<void> => {
    try {
      if ((await read()) && !stopped) onChange();
    } catch (error) {
      onError(error);
    }
  };
  const open = (key: DecryptionKeyRecord): KeyObject => {
    const known = opened.get(key.kid) ?? openDecryptionKey(key, sealer);
    opened.set(key.kid, known);
    return known;
  };
  const usable = (alg: DecryptionAlgorithm, kid: string | undefined): KeyObject[] => {
    const now = nowInSeconds(clock);
    return keys
      .filter((key) => key.alg === alg && (kid === undefined || key.kid === kid))
      .filter(({ goneAt }) => goneAt === undefined || now < goneAt)
      .toSorted((a, b) => ((a.retiresAt ?? Infinity) < (b.retiresAt ?? Infinity) ? 1 : -1))
      .map(open);
  };
  await read();
  let lastPoll = Promise.resolve();
  const timer = setInterval(() => {
    lastPoll = lastPoll.then(refresh);
  }, POLL_INTERVAL_MS);
  timer.unref();
  return {
    get published() {
      return published;
    },
    async find(alg, kid) {
      const found = usable(alg, kid);
      if (found.length > 0 || clock() - readAt < MIN_REFRESH_INTERVAL_MS) return found;
      await refresh();
      return usable(alg, kid);
    },
    refresh,
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}
