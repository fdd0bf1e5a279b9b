import { SignerUnavailableError } from '../../errors.ts';
import type { HsmArguments, HsmMethod, HsmResult, HsmThreadData } from './hsm-protocol.ts';
import { HsmSession } from './hsm-session.ts';

/** Limit of calls without a reply. Further calls are rejected. */
const MAX_PENDING_CALLS = 500;

/** The sessions of this process with one token. */
export class SessionPool {
  readonly #data: HsmThreadData;
  readonly #size: number;
  #sessions: HsmSession[] = [];

  constructor(data: HsmThreadData, size: number) {
    this.#data = data;
    this.#size = size;
  }

  get pendingCalls(): number {
    return this.#sessions.reduce((sum, session) => sum + session.pendingCalls, 0);
  }

  get isStalled(): boolean {
    return this.#sessions.every((session) => session.isStalled);
  }

  /** Opens all sessions, and replaces those whose thread has ended. One after the other: the first logs in for the whole process. */
  async connect(): Promise<void> {
    this.#sessions = this.#sessions.filter((session) => !session.hasEnded);
    while (this.#sessions.length < this.#size) this.#sessions.push(new HsmSession(this.#data));
    for (const session of this.#sessions) await session.call('open');
  }

  /** Closes all sessions, and finalizes the library unless a call is pending, during which PKCS#11 does not allow it. */
  async disconnect(): Promise<void> {
    const sessions = this.#sessions.filter((session) => !session.hasEnded);
    await Promise.allSettled(sessions.map((session) => session.call('close')));
    if (this.pendingCalls === 0) await sessions[0]?.call('finalize');
  }

  /** @throws SignerUnavailableError */
  async call<Method extends HsmMethod>(
    method: Method,
    ...args: HsmArguments<Method>
  ): Promise<HsmResult<Method>> {
    if (this.pendingCalls >= MAX_PENDING_CALLS) {
      throw new SignerUnavailableError('too many signatures are waiting for the HSM');
    }
    return await this.#leastBusy().call(method, ...args);
  }

  async terminate(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.terminate()));
  }

  /** Prefers sessions without a slow call: a signature does not wait while another session makes a key. */
  #leastBusy(): HsmSession {
    const answering = this.#sessions.filter((session) => !session.isStalled);
    const free = answering.filter((session) => !session.isBusy);
    const [first, ...others] = free.length > 0 ? free : answering;
    if (first === undefined) throw new SignerUnavailableError('the HSM does not answer');
    return others.reduce((best, each) => (each.pendingCalls < best.pendingCalls ? each : best), first);
  }
}
