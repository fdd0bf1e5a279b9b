import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls a condition every 20 ms until it is true.
 * @param what the condition in words, for the error
 * @throws Error after `seconds`, with the last error of `check` as its cause
 */
export async function eventually(what: string, check: () => Promise<boolean>, seconds = 20): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  let cause: unknown;
  const isTrue = () => check().catch((error: unknown) => void (cause = error));
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not true after ${seconds} s: ${what}`, { cause });
    await delay(20);
  }
}
