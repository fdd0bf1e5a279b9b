import type { PlanFile } from '../plans/plan-file.ts';

/** The HTTP API of a running suite. In its development mode it needs no token. */

export interface SuiteModule {
  testModule: string;
  variant: Readonly<Record<string, string>>;
}

export interface SuitePlan {
  id: string;
  modules: readonly SuiteModule[];
}

export interface ModuleInfo {
  status: string;
  result: string | undefined;
}

export interface LogEntry {
  msg: string;
  /** Name of the condition. */
  src: string;
  result: string | undefined;
  /** Where the browser was. */
  url: string | undefined;
}

/** Milliseconds that the suite lets a request wait for a state. */
const WAIT_MS = 20_000;

class SuiteError extends Error {}

export class Suite {
  readonly #base: string;

  /** @param base address of the suite, without a slash at the end */
  constructor(base: string) {
    this.#base = base;
  }

  async createPlan(planName: string, variant: object, file: PlanFile): Promise<SuitePlan> {
    const query = { planName, variant: JSON.stringify(variant) };
    const { id, modules } = await this.#call<{ id: string; modules: SuiteModule[] }>(
      'POST',
      'plan',
      query,
      file,
    );
    return { id, modules: modules.map(({ testModule, variant: of }) => ({ testModule, variant: of ?? {} })) };
  }

  /** @returns the id of the run */
  async createModule(planId: string, { testModule, variant }: SuiteModule): Promise<string> {
    const query = { test: testModule, plan: planId, variant: JSON.stringify(variant) };
    return (await this.#call<{ id: string }>('POST', 'runner', query)).id;
  }

  /** Starts a module that waits for it. */
  async start(id: string): Promise<void> {
    await this.#call('POST', `runner/${id}`);
  }

  async cancel(id: string): Promise<void> {
    await this.#call('DELETE', `runner/${id}`).catch(() => undefined);
  }

  /** Waits until the state is one of these, or for some seconds. A module that has ended may be unknown to the runner. */
  async waitFor(id: string, states: readonly string[]): Promise<void> {
    const query = { states: states.join(), timeoutMs: String(WAIT_MS) };
    await this.#call('GET', `runner/${id}/wait-state`, query).catch(() => undefined);
  }

  async info(id: string): Promise<ModuleInfo> {
    const { status, result } = await this.#call<ModuleInfo>('GET', `info/${id}`);
    return { status, result };
  }

  async log(id: string): Promise<readonly LogEntry[]> {
    return await this.#call<LogEntry[]>('GET', `log/${id}`);
  }

  logPage(id: string): string {
    return `${this.#base}/log-detail.html?log=${id}`;
  }

  async #call<Answer>(
    method: string,
    path: string,
    query: Record<string, string> = {},
    body?: object,
  ): Promise<Answer> {
    const url = `${this.#base}/api/${path}?${new URLSearchParams(query).toString()}`;
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new SuiteError(`the suite at ${this.#base} cannot be reached: ${reasonOf(error)}`);
    });
    const text = await response.text();
    if (!response.ok) throw new SuiteError(`${method} api/${path}: ${response.status} ${text.slice(0, 300)}`);
    return JSON.parse(text === '' ? 'null' : text) as Answer;
  }
}

/** `fetch` has the reason in the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
