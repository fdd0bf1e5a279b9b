/** Why tests were skipped, for the list at the end of the run (`reporter.ts`). */

export interface SkipReason {
  /** What is missing, for instance `Chromium is missing`. Tests with the same reason are listed together. */
  reason: string;
  /** What to do about it, for instance `apt-get install chromium`. */
  hint: string;
}

const reasons = new WeakMap<Mocha.Suite | Mocha.Runnable, SkipReason>();

/**
 * Skips a test, or from a hook every test of its suite, and says why. Under `CI=true` a skipped test is a failure.
 * @param context `this` of a test or hook
 * @throws always: mocha's signal that the test is pending
 */
export function skip(context: Mocha.Context, reason: string, hint: string): never {
  const runnable = context.test;
  if (runnable === undefined) throw new Error('skip() needs the `this` of a test or hook');
  const isHook = 'type' in runnable && runnable.type === 'hook';
  const skipped = isHook ? runnable.parent : runnable;
  reasons.set(skipped ?? runnable, { reason, hint });
  return context.skip();
}

/** The reason given for a skipped test or a suite around it; undefined for a bare `it.skip`. */
export function skipReason(test: Mocha.Test): SkipReason | undefined {
  let node: Mocha.Suite | Mocha.Runnable | undefined = test;
  while (node !== undefined) {
    const reason = reasons.get(node);
    if (reason !== undefined) return reason;
    node = node.parent;
  }
  return undefined;
}
