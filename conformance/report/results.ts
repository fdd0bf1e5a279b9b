import type { Result } from '../suite/expectations.ts';

/** What the modules of a plan said. */

export interface ModuleResult {
  module: string;
  variant: Readonly<Record<string, string>>;
  result: Result;
  expected: Result;
}

export interface PlanResults {
  plan: string;
  modules: ModuleResult[];
}

export const RESULTS = ['PASSED', 'REVIEW', 'SKIPPED', 'WARNING', 'FAILED', 'UNFINISHED'] as const;

/** How many modules said what. */
export function countResults(modules: readonly Pick<ModuleResult, 'result'>[]): Record<Result, number> {
  const counts = { PASSED: 0, REVIEW: 0, SKIPPED: 0, WARNING: 0, FAILED: 0, UNFINISHED: 0 };
  for (const { result } of modules) counts[result] += 1;
  return counts;
}
