import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { parsePkcs11Uri } from '../config/pkcs11-uri.ts';
import { SignerUnavailableError } from './errors.ts';
import type { HsmRequest, HsmThreadData } from './hsm-protocol.ts';
import { HsmError, HsmSession } from './hsm-session.ts';
import { KeySourceError } from './key-source.ts';
import type { TokenKey } from './pkcs11-session.ts';

/**
 * The HSM that holds private keys, over PKCS#11: some sessions with one token, each in a thread of its own. Who asks is answered within
 * two seconds, or at once while the HSM is away; it is tried again until it is back.
 */
export interface Hsm {
  /**
   * Signs as RS256 does.
   * @param id CKA_ID of the pair, in hexadecimal digits
   */
  sign(id: string, data: Uint8Array): Promise<Uint8Array>;
  /** Makes a pair on the token, whose private half cannot leave it. */
  generate(label: string): Promise<TokenKey>;
  /** Finds a pair that is on the token. */
  find(names: { id?: string | undefined; label?: string | undefined }): Promise<TokenKey>;
  destroy(id: string): Promise<void>;
  /** Whether it can be used, as far as is known. @throws SignerUnavailableError */
  check(): void;
  /** Requests without an answer. */
  readonly waiting: number;
  close(): Promise<void>;
}

export interface HsmOptions {
  settings: Config['hsm'];
  /** Told each time that it went, with the reason, and each time that it came back. */
  onLost?: (error: Error) => void;
  onBack?: () => void;
}

/** More requests than this without an answer, and the next one is refused. */
const MAXIMUM_WAITING = 500;

/** Milliseconds between two attempts to get the HSM back: this, doubled each time up to that. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;

/** Trying these again would lock the token. */
const PIN_PROBLEMS = /^the HSM: CKR_(PIN_|USER_PIN_)/;

/**
 * @throws KeySourceError with one sentence when it cannot be used: a missing package or library, no such token, a wrong PIN
 */
export async function openHsm({ settings, onLost, onBack }: HsmOptions): Promise<Hsm> {
  const { uri, pin, sessions: count, binding } = settings;
  if (uri === undefined || pin === undefined) throw new TypeError('hsm.uri and hsm.pin are not set');
  const data: HsmThreadData = { binding, uri: parsePkcs11Uri(uri), pin };
  const pool = new Pool(data, count, onLost, onBack);
  try {
    await pool.connect();
  } catch (error) {
    await pool.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new KeySourceError(`${why} (hsm.uri)${hint(why)}`, { cause: error });
  }
  return {
    sign: async (id, bytes) => (await pool.call('sign', id, bytes)) as Uint8Array,
    generate: async (label) => (await pool.call('generate', label)) as TokenKey,
    find: async (names) => (await pool.call('find', names)) as TokenKey,
    destroy: async (id) => void (await pool.call('destroy', id)),
    check: () => pool.check(),
    get waiting() {
      return pool.waiting;
    },
    close: () => pool.close(),
  };
}

function hint(why: string): string {
  if (why.includes('CKR_PIN_LOCKED')) return ': the PIN is locked; unlock it with the tool of the HSM';
  return PIN_PROBLEMS.test(why) ? ': the PIN is not right; look at SIGNET_HSM_PIN or its file' : '';
}

class Pool {
  readonly #data: HsmThreadData;
  readonly #count: number;
  readonly #onLost: ((error: Error) => void) | undefined;
  readonly #onBack: (() => void) | undefined;
  #sessions: HsmSession[] = [];
  /** Why the HSM cannot be used. */
  #lost: Error | undefined;
  #pause = FIRST_PAUSE;
  readonly #closing = new AbortController();

  constructor(
    data: HsmThreadData,
    count: number,
    onLost: ((error: Error) => void) | undefined,
    onBack: (() => void) | undefined,
  ) {
    this.#data = data;
    this.#count = count;
    this.#onLost = onLost;
    this.#onBack = onBack;
  }

  get waiting(): number {
    return this.#sessions.reduce((sum, session) => sum + session.unanswered, 0);
  }

  /** One after the other: the first one logs in for all of them. */
  async connect(): Promise<void> {
    this.#sessions = this.#sessions.filter((session) => !session.ended);
    while (this.#sessions.length < this.#count) this.#sessions.push(new HsmSession(this.#data));
    for (const session of this.#sessions) await session.call('open');
  }

  async call(method: HsmRequest['method'], ...argument: readonly unknown[]): Promise<unknown> {
    this.check();
    if (this.waiting >= MAXIMUM_WAITING) {
      throw new SignerUnavailableError('too many signatures are waiting for the HSM');
    }
    try {
      const result = await this.#leastBusy().call(method, ...argument);
      this.#pause = FIRST_PAUSE;
      return result;
    } catch (error) {
      // A token that makes no keys, for instance, signs all the same.
      if (method === 'sign' && error instanceof HsmError && error.kind === 'session') this.#lose(error);
      throw error;
    }
  }

  check(): void {
    if (this.#lost !== undefined) throw new SignerUnavailableError(this.#lost.message);
    if (this.#sessions.every((session) => session.hangs)) {
      throw new SignerUnavailableError('the HSM does not answer');
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#disconnect().catch(() => undefined);
    await Promise.all(this.#sessions.map((session) => session.end()));
  }

  /** Not the one that makes a key, which may take long, as long as there is another. */
  #leastBusy(): HsmSession {
    const answering = this.#sessions.filter((session) => !session.hangs);
    const free = answering.filter((session) => !session.isEngaged);
    const [first, ...others] = free.length > 0 ? free : answering;
    if (first === undefined) throw new SignerUnavailableError('the HSM does not answer');
    return others.reduce((best, each) => (each.unanswered < best.unanswered ? each : best), first);
  }

  #lose(error: Error): void {
    if (this.#lost !== undefined || this.#closing.signal.aborted) return;
    this.#lost = error;
    this.#onLost?.(error);
    void this.#recover();
  }

  /** The library is ended and begun anew: many see a token that came back no sooner. */
  async #recover(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await sleep(this.#pause, undefined, { signal, ref: false });
        this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
        await this.#disconnect();
        await this.connect();
        this.#lost = undefined;
        this.#onBack?.();
        return;
      } catch (error) {
        if (signal.aborted || !(error instanceof Error)) return;
        if (!PIN_PROBLEMS.test(error.message)) continue;
        this.#lost = error;
        this.#onLost?.(new KeySourceError(`${error.message}${hint(error.message)}, and restart`));
        return;
      }
    }
  }

  async #disconnect(): Promise<void> {
    const sessions = this.#sessions.filter((session) => !session.ended);
    await Promise.allSettled(sessions.map((session) => session.call('close')));
    // No library allows it while a call is under way.
    if (this.waiting === 0) await sessions[0]?.call('finalize');
  }
}
