import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../../config/config.ts';
import { parsePkcs11Uri } from '../../../config/pkcs11-uri.ts';
import type { SigningAlgorithm } from '../../algorithms.ts';
import { KeySourceError, SignerUnavailableError } from '../../errors.ts';
import type { HsmArguments, HsmMethod, HsmResult } from './hsm-protocol.ts';
import { HsmError } from './hsm-session.ts';
import { SessionPool } from './session-pool.ts';
import type { KeyNames, TokenKey } from './token-session.ts';

/**
 * Private keys in an HSM, over PKCS#11.
 *
 *    event loop                                         one thread for each session
 *    hsm.ts ─▶ session-pool.ts ─▶ hsm-session.ts ═════▶ hsm-thread.ts ─▶ token-session.ts ─▶ cryptoki.ts (pkcs11js)
 *                                        hsm-protocol.ts                             └─▶ mechanisms.ts
 *
 * This folder owns the connection to the token, and the keys on it. The ring and its times stay in the `KeySource` that `hsm-keys.ts`
 * wraps. `attach-hsm.ts` is the only file outside that imports this folder.
 *
 *               a session fails                 PIN rejected
 *    connected ─────────────────▶ reconnecting ──────────────▶ failed, until a restart
 *        ▲           success           │
 *        └─────────────────────────────┘
 */

export interface HsmOptions {
  settings: Config['hsm'];
  /** Called each time that the connection is lost, with the reason. */
  onLost?: (error: Error) => void;
  /** Called each time that the connection is back. */
  onBack?: () => void;
}

/** Backoff of reconnection. It doubles from the minimum to the maximum. */
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5000;

/** Another attempt after one of these may lock the token. */
const PIN_ERRORS = /^the HSM: CKR_(PIN_|USER_PIN_)/;

/** @throws KeySourceError with one sentence: a missing package or library, no such token, a wrong PIN */
export async function openHsm(options: HsmOptions): Promise<Hsm> {
  const hsm = new Hsm(options);
  try {
    await hsm.connect();
    return hsm;
  } catch (error) {
    await hsm.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeySourceError(`${reason} (hsm.uri)${hint(reason)}`, { cause: error });
  }
}

function hint(reason: string): string {
  if (reason.includes('CKR_PIN_LOCKED')) return ": the PIN is locked; unlock it with the HSM's own tool";
  return PIN_ERRORS.test(reason) ? ': the PIN is wrong; check SIGNET_HSM_PIN or SIGNET_HSM_PIN_FILE' : '';
}

/**
 * The connection to the HSM. A call gets a result or an error within two seconds, or twenty for those that make or search keys. While the
 * connection is lost, calls are rejected at once and it reconnects in the background.
 */
export class Hsm {
  readonly #options: HsmOptions;
  readonly #pool: SessionPool;
  /** Why the connection is lost. */
  #lost: Error | undefined;
  #backoff = MIN_BACKOFF_MS;
  readonly #closing = new AbortController();

  /** @throws Error when the settings name no HSM */
  constructor(options: HsmOptions) {
    const { uri, pin, sessions, binding } = options.settings;
    if (uri === undefined || pin === undefined) throw new TypeError('hsm.uri and hsm.pin are not set');
    this.#options = options;
    this.#pool = new SessionPool({ binding, uri: parsePkcs11Uri(uri), pin }, sessions);
  }

  /** Calls without a reply. */
  get waiting(): number {
    return this.#pool.pendingCalls;
  }

  /** @param id CKA_ID of the key pair, in hexadecimal */
  async sign(alg: SigningAlgorithm, id: string, data: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#call('sign', alg, id, data);
    } catch (error) {
      // Of `sign` only: a token that cannot generate keys can still sign.
      if (error instanceof HsmError && error.kind === 'session') this.#lose(error);
      throw error;
    }
  }

  /** Generates a key pair on the token. Its private half cannot be extracted. */
  generate(alg: SigningAlgorithm, label: string): Promise<TokenKey> {
    return this.#call('generate', alg, label);
  }

  /** Finds a key pair that is on the token. */
  find(alg: SigningAlgorithm, names: KeyNames): Promise<TokenKey> {
    return this.#call('find', alg, names);
  }

  async destroy(id: string): Promise<void> {
    await this.#call('destroy', id);
  }

  /** @throws SignerUnavailableError when the HSM is known to be unavailable; does not call it */
  check(): void {
    if (this.#lost !== undefined) throw new SignerUnavailableError(this.#lost.message);
    if (this.#pool.isStalled) throw new SignerUnavailableError('the HSM does not answer');
  }

  connect(): Promise<void> {
    return this.#pool.connect();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pool.disconnect().catch(() => undefined);
    await this.#pool.terminate();
  }

  async #call<Method extends HsmMethod>(
    method: Method,
    ...args: HsmArguments<Method>
  ): Promise<HsmResult<Method>> {
    this.check();
    const result = await this.#pool.call(method, ...args);
    this.#backoff = MIN_BACKOFF_MS;
    return result;
  }

  #lose(error: Error): void {
    if (this.#lost !== undefined || this.#closing.signal.aborted) return;
    this.#lost = error;
    this.#options.onLost?.(error);
    void this.#reconnect();
  }

  /** Finalizes and initializes the library: many vendors' libraries do not see a returned token before that. */
  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await sleep(this.#backoff, undefined, { signal, ref: false });
        this.#backoff = Math.min(2 * this.#backoff, MAX_BACKOFF_MS);
        await this.#pool.disconnect();
        await this.#pool.connect();
        this.#lost = undefined;
        this.#options.onBack?.();
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof HsmError && PIN_ERRORS.test(error.message)) {
          this.#lost = error;
          this.#options.onLost?.(new KeySourceError(`${error.message}${hint(error.message)}, and restart`));
          return;
        }
      }
    }
  }
}
