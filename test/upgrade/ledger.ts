/** What a run counts: operations with their time, promises that were checked, and those that were broken. */

/** The promises of an upgrade without an interruption. A broken one fails the run. */
export const PROMISES = {
  available: 'every request is answered, without 5xx but for an overload',
  signedIn: 'a session that did not end needs no sign-in',
  consent: 'consent that was given is not asked for again',
  families: 'a refresh token family that did not end goes on',
  replay: 'a repeated refresh gets the first answer, also from the other version',
  accepted: 'what one version issues the other accepts',
  once: 'what was used at one version is used at the other',
  ended: 'what was ended at one version is ended at the other at once',
  buried: 'what was ended stays ended',
  commands: 'commands of each version work on the accounts, clients and keys of the other',
} as const;
export type PromiseName = keyof typeof PROMISES;

interface Tally {
  checks: number;
  broken: number;
}

interface Timing {
  count: number;
  /** Of all together. */
  seconds: number;
}

/** Broken promises are kept with their circumstances up to this number, and counted beyond it. */
const MAX_DETAILS = 200;

export class Ledger {
  readonly promises = new Map<PromiseName, Tally>();
  readonly operations = new Map<string, Timing>();
  readonly broken: string[] = [];
  /** Requests with 503, which are judged as a whole: see `OverloadedError`. */
  readonly overloads: string[] = [];
  /** Facts that are no promise, with how often they were seen. */
  readonly facts = new Map<string, number>();
  readonly #onBroken: (line: string) => void;

  /** @param onBroken called with each broken promise as it is found */
  constructor(onBroken: (line: string) => void = () => {}) {
    this.#onBroken = onBroken;
    for (const name of Object.keys(PROMISES) as PromiseName[])
      this.promises.set(name, { checks: 0, broken: 0 });
  }

  /** @param detail circumstances, without a secret; asked for when the promise is broken */
  check(name: PromiseName, holds: boolean, detail: () => string): boolean {
    const tally = this.promises.get(name) as Tally;
    tally.checks += 1;
    if (holds) return true;
    tally.broken += 1;
    const line = `${new Date().toISOString()} ${name}: ${detail()}`;
    if (this.broken.length < MAX_DETAILS) this.broken.push(line);
    this.#onBroken(line);
    return false;
  }

  note(fact: string): void {
    this.facts.set(fact, (this.facts.get(fact) ?? 0) + 1);
  }

  /** Runs an operation and counts it, also when it throws. */
  async time<Result>(operation: string, run: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      return await run();
    } finally {
      const timing = this.operations.get(operation) ?? { count: 0, seconds: 0 };
      timing.count += 1;
      timing.seconds += (performance.now() - started) / 1000;
      this.operations.set(operation, timing);
    }
  }

  get failures(): number {
    return [...this.promises.values()].reduce((sum, { broken }) => sum + broken, 0);
  }

  /** Lines for a person. */
  summary(): string[] {
    const operations = [...this.operations].toSorted(([one], [other]) => one.localeCompare(other));
    return [
      ...[...this.promises].map(
        ([name, { checks, broken }]) =>
          `${broken === 0 ? '✓' : '✗'} ${PROMISES[name]}: ${broken} broken of ${checks} checked`,
      ),
      `  503: ${this.overloads.length}`,
      ...operations.map(
        ([name, { count, seconds }]) => `  ${name}: ${count}, ${(seconds / count).toFixed(3)} s each`,
      ),
      ...[...this.facts].map(([fact, count]) => `  ${fact}: ${count}`),
    ];
  }
}
