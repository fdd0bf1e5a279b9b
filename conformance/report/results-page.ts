import { PLANS } from '../plans/plans.ts';
import type { Exception, Result } from '../suite/expectations.ts';
import { countResults, RESULTS } from './results.ts';

/** The tables of `docs/conformance.md`, from the results that were recorded. */

export interface RecordedResult {
  module: string;
  /** Response type, where a plan runs the module with several. */
  of?: string;
  result: Result;
}

/** By plan. */
export type RecordedResults = Record<string, { date: string; modules: readonly RecordedResult[] }>;

const BLOCK = /(?<=<!-- (plans|modules|exceptions) -->\n).*?(?=<!-- end -->)/gs;

/** Replaces the tables of the page. */
export function resultsPage(
  page: string,
  results: RecordedResults,
  exceptions: readonly Exception[],
): string {
  return page.replaceAll(BLOCK, (_old, name: string) => {
    if (name === 'plans') return `\n${planTable(results)}\n\n`;
    return name === 'modules' ? `\n${moduleTable(results)}\n\n` : `\n${exceptionTable(exceptions)}\n\n`;
  });
}

function planTable(results: RecordedResults): string {
  const rows = PLANS.map(({ name, suitePlan, variant }) => {
    const recorded = results[name];
    const counts = recorded && countResults(recorded.modules);
    const variants = Object.entries(variant).map(([key, value]) => `${key}=${value}`);
    return [
      `\`${name}\``,
      [`\`${suitePlan}\``, ...variants].join(' <br> '),
      ...RESULTS.map((result) => (counts === undefined ? '' : String(counts[result]))),
      recorded?.date ?? 'not run',
    ];
  });
  return table(['Plan', 'In the suite', ...RESULTS.map(capitalised), 'Date'], rows);
}

function moduleTable(results: RecordedResults): string {
  const rows = PLANS.flatMap(({ name }) => {
    const modules = results[name]?.modules ?? [];
    return RESULTS.flatMap((result) => {
      const names = modules.filter((each) => each.result === result);
      return names.length === 0
        ? []
        : [[`\`${name}\``, `${names.length} ${result.toLowerCase()}`, listModules(names)]];
    });
  });
  return table(['Plan', 'Result', 'Modules'], rows);
}

/** Each name once, without the prefix that almost all have, and how often if more than once. */
function listModules(modules: readonly RecordedResult[]): string {
  const counts = new Map<string, number>();
  for (const { module } of modules) {
    const name = module.replace(/^oidcc-/, '');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} (${count})`)).join(', ');
}

function exceptionTable(exceptions: readonly Exception[]): string {
  const rows = exceptions.map(({ module, plans, result, reason }) => [
    `\`${module}\``,
    plans === undefined ? 'all' : plans.map((plan) => `\`${plan}\``).join(', '),
    result.toLowerCase(),
    reason,
  ]);
  return table(['Module', 'Plans', 'Result', 'Reason'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function capitalised(text: string): string {
  return text.slice(0, 1) + text.slice(1).toLowerCase();
}
