import type { Suite, SuiteModule } from './api.ts';
import type { Result } from './expectations.ts';

/** Runs one module to its end. */

/** The module that compares the keys before and after a rotation. It is created, waits, and is started after the rotation. */
export const ROTATION = 'oidcc-server-rotate-keys';

/** Milliseconds. The longest module waits for 30 seconds; one that waits for a picture or a callback waits for ever. */
const MODULE_TIMEOUT_MS = 120_000;

const ENDED = ['FINISHED', 'INTERRUPTED'];

export interface ModuleRun {
  result: Result;
  /** What went wrong, in the suite's words. */
  findings: readonly string[];
  page: string;
}

export async function runModule(
  suite: Suite,
  planId: string,
  module: SuiteModule,
  { rotate, timeout = MODULE_TIMEOUT_MS }: { rotate: () => Promise<void>; timeout?: number },
): Promise<ModuleRun> {
  const id = await suite.createModule(planId, module);
  const deadline = Date.now() + timeout;
  let { status, result } = await suite.info(id);
  let started = false;
  while (!ENDED.includes(status) && Date.now() < deadline) {
    if (status === 'CONFIGURED' && module.testModule === ROTATION && !started) {
      await rotate();
      await suite.start(id);
      started = true;
    }
    await suite.waitFor(id, started || module.testModule !== ROTATION ? ENDED : [...ENDED, 'CONFIGURED']);
    ({ status, result } = await suite.info(id));
  }
  const page = suite.logPage(id);
  const findings = await findingsOf(suite, id);
  if (status === 'FINISHED' && isResult(result)) return { result, findings, page };
  await suite.cancel(id);
  return { result: 'UNFINISHED', findings: [`the module is ${status}`, ...findings], page };
}

function isResult(result: unknown): result is Result {
  return ['PASSED', 'REVIEW', 'SKIPPED', 'WARNING', 'FAILED'].includes(result as string);
}

async function findingsOf(suite: Suite, id: string): Promise<string[]> {
  const entries = await suite.log(id);
  return entries
    .filter(({ result }) => result === 'FAILURE' || result === 'WARNING' || result === 'SKIPPED')
    .map(({ result, src, msg, url }) => {
      const [line = ''] = msg.split('\n');
      return `${result?.toLowerCase()}: ${src}: ${line}${url === undefined ? '' : ` (at ${url})`}`;
    });
}
