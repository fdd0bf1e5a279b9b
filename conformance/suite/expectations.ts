import { readFileSync } from 'node:fs';
import type { SuiteModule } from './api.ts';

/**
 * What the modules should say. Every module should pass; `expected.json` lists those that cannot, each with a reason. A warning is never
 * expected.
 */

/** As the suite says it, and what the runner says of a module that did not finish. */
export type Result = 'PASSED' | 'REVIEW' | 'SKIPPED' | 'WARNING' | 'FAILED' | 'UNFINISHED';

export interface Exception {
  module: string;
  /** Names of plans, with a `*` for a part of them; all of them when absent. */
  plans?: readonly string[];
  result: 'REVIEW' | 'SKIPPED';
  reason: string;
}

const FILE = new URL('../expected.json', import.meta.url);

export function readExpectations(): readonly Exception[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Exception[];
}

export function expectedResult(
  exceptions: readonly Exception[],
  plan: string,
  { testModule }: Pick<SuiteModule, 'testModule'>,
): Result {
  const found = exceptions.find(
    ({ module, plans }) =>
      module === testModule && (plans === undefined || plans.some((name) => matches(name, plan))),
  );
  return found?.result ?? 'PASSED';
}

function matches(name: string, plan: string): boolean {
  const [begin = '', end] = name.split('*');
  return end === undefined ? plan === name : plan.startsWith(begin) && plan.endsWith(end);
}
