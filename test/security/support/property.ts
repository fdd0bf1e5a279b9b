import nodeAssert from 'node:assert/strict';
import { assert, type IAsyncProperty } from 'fast-check';
import { LONG } from '../../support/long-form.ts';
import { figure } from '../../support/reporter.ts';
import type { RawAnswer } from './raw.ts';

/** Properties that hold for every input, checked with bytes that fast-check generates. */

/** Runs with `LONG_TESTS=1` have a new seed each time; others have a fixed seed. */
const FACTOR = LONG ? 25 : 0.25;
/** Of the times that are allowed. */
const PATIENCE = LONG ? 25 : 1;
const SEED = 9700;

/** Milliseconds until a request counts as hanging. */
const HANGS = 5000;

/**
 * Defines the mocha test of one property.
 * @param runs number of generated requests, about a second of them; the short form has a quarter
 */
export function property<Values>(
  title: string,
  runs: number,
  make: () => IAsyncProperty<Values>,
): Mocha.Test {
  return it(title, async () => {
    const started = performance.now();
    const numRuns = Math.ceil(runs * FACTOR);
    await assert(make(), {
      numRuns,
      ...(!LONG && { seed: SEED }),
      // Shrinking a hanging request would otherwise hang for each simpler one.
      interruptAfterTimeLimit: 40_000 * PATIENCE,
      markInterruptAsFailure: true,
    });
    if (LONG) figure(`${title}: ${numRuns} runs in ${Math.round(performance.now() - started)} ms`);
  }).timeout(60_000 * PATIENCE);
}

/** Rejects when a promise takes too long. */
export async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${HANGS} ms`)), HANGS);
  return await Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

/** Without limits, which have their own rows: here every request is to be handled. */
export const UNLIMITED = { limits: { enabled: false } } as const;

export type Kind = 'json' | 'page';

const TYPES: Readonly<Record<Kind, RegExp>> = {
  json: /^application\/json(?:; charset=utf-8)?$/,
  page: /^text\/html; charset=utf-8$/,
};

/**
 * Asserts for every response: no server error, the requested type, and not cached. `raw.ts` asserts that nothing leaks.
 */
export function assertSane(answer: RawAnswer, kind: Kind): void {
  const { status, headers, body } = answer;
  const told = `${status} ${JSON.stringify(headers)} ${body.slice(0, 300)}`;
  if (headers['trace-id'] === undefined) {
    // Rejected by Node's HTTP server, without a body: 501 is for unknown methods.
    nodeAssert.ok([400, 413, 417, 431, 501].includes(status) && /^(?:0\s*)?$/.test(body), told);
    return;
  }
  nodeAssert.ok(status >= 200 && status < 500, told);
  nodeAssert.match(headers['cache-control'] ?? '', /\bno-store\b/, told);
  nodeAssert.equal(headers['x-content-type-options'], 'nosniff', told);
  if (body !== '' && headers.location === undefined)
    nodeAssert.match(headers['content-type'] ?? '', TYPES[kind], told);
}
