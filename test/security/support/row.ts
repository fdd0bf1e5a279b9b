import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { LONG } from '../../support/long-form.ts';
import { figuresIn } from './expected.ts';
import { STORAGE, type Storage } from './server-under-test.ts';

/** One line of the table that `npm run test:security` prints. */
export interface Outcome {
  id: string;
  what: string;
  expected: string;
  seen: string;
  passed: boolean;
  storage: Storage;
}

/**
 * Defines the mocha test `C09 max_age=abc` and records its outcome.
 * @param id number in the list of cases: a section's letter and two digits
 * @param expected `R(invalid_request)`, in the abbreviations of `answer.ts`; `<n>` matches a number (`expected.ts`)
 * @param run returns the result; the row passes when it equals `expected`
 * @returns the test, for a `.timeout()` other than 30 seconds
 */
export function row(
  id: string,
  what: string,
  expected: string,
  run: (this: Mocha.Context) => Promise<string>,
): Mocha.Test {
  return it(`${id} ${what}`, async function () {
    const record = (seen: string, passed: boolean): void =>
      report({ id, what, expected, seen, passed, storage: STORAGE });
    try {
      const seen = await run.call(this);
      if (figuresIn(seen, expected) === undefined) assert.equal(seen, expected);
      record(seen, true);
    } catch (error) {
      if (!this.test?.isPending()) record(error instanceof Error ? error.message : String(error), false);
      throw error;
    }
  }).timeout(60_000);
}

/** A row of the long form. In the short form another row fails for the same fault. */
export function longRow(...definition: Parameters<typeof row>): void {
  if (LONG) row(...definition);
}

function report(outcome: Outcome): void {
  const path = process.env.SECURITY_OUTCOMES;
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(outcome)}\n`);
}
