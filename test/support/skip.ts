import { addRunNote } from './run-notes.ts';

/**
 * Skips a test, or from a hook every test of its suite, and says why. Under `CI=true` a skipped test is a failure unless it is allowed.
 * @param context `this` of a test or hook
 * @param reason what is missing, for instance `Chromium is missing`. Tests with the same reason are listed together.
 * @param hint what to do about it, for instance `apt-get install chromium`
 * @param options.allowedInCi no failure under `CI=true`: what is missing is no program that the machine should have
 * @throws always: mocha's signal that the test is pending
 */
export function skip(
  context: Mocha.Context,
  reason: string,
  hint: string,
  { allowedInCi = false }: { allowedInCi?: boolean } = {},
): never {
  const runnable = context.test;
  if (runnable === undefined) throw new Error('skip() needs the `this` of a test or hook');
  const isHook = 'type' in runnable && runnable.type === 'hook';
  const skipped = isHook ? runnable.parent : runnable;
  addRunNote({ path: (skipped ?? runnable).titlePath(), reason, hint, allowedInCi });
  return context.skip();
}
