import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import type { PlanFile } from '../plans/plan-file.ts';
import type { Plan } from '../plans/plans.ts';
import { printTable } from '../report/table.ts';
import { recordResults } from '../report/record.ts';
import type { PlanResults } from '../report/results.ts';
import { planPath, trustedPath } from '../serve/site.ts';
import { Suite, type SuiteModule, type SuitePlan } from './api.ts';
import { type Exception, expectedResult, readExpectations } from './expectations.ts';
import { runTasks, type Task } from './queue.ts';
import { ROTATION, runModule } from './run-module.ts';

/** `npm run conformance -- run`: drives a running suite, and compares what it says with what is expected. */

export interface RunOptions {
  suite: string;
  directory: string;
  plans: readonly Plan[];
  rotate: boolean;
  record: boolean;
  parallel: number;
  modules: readonly string[];
}

const COMMAND = join(import.meta.dirname, '../../bin/signet.js');
/** The server looks for new keys every two seconds. */
const ROTATION_TIMEOUT_MS = 20_000;

/** @returns the exit code: 0 when every module said what is expected */
export async function run(options: RunOptions): Promise<number> {
  const { plans, parallel } = options;
  trustBothSides(options.directory);
  const suite = new Suite(options.suite);
  const exceptions = readExpectations();
  const results: PlanResults[] = [];
  const tasks: Task[] = [];
  for (const plan of plans) {
    const file = readPlanFile(options.directory, plan);
    const created = await suite.createPlan(plan.suitePlan, plan.variant, file);
    const ofPlan: PlanResults = { plan: plan.name, modules: [] };
    results.push(ofPlan);
    tasks.push(...tasksOf({ suite, options, exceptions, file, created, ofPlan }));
  }
  await runTasks(tasks, parallel);
  printTable(results);
  const unexpected = results.flatMap(({ modules }) =>
    modules.filter(({ result, expected }) => result !== expected),
  );
  if (options.record) recordResults(results, new Date());
  return unexpected.length === 0 ? 0 : 1;
}

/** Both sides may have certificates that they made themselves. */
function trustBothSides(directory: string): void {
  const path = trustedPath(directory);
  if (!existsSync(path)) throw new Error(`there is no ${path}; npm run conformance -- serve writes it`);
  const certificates = readFileSync(path, 'utf8').split(/(?=-----BEGIN)/);
  setDefaultCACertificates([...getCACertificates('default'), ...certificates]);
}

/** @throws Error naming the command that writes the file */
function readPlanFile(directory: string, plan: Plan): PlanFile {
  const path = planPath(directory, plan);
  if (!existsSync(path)) {
    throw new Error(`there is no ${path}; npm run conformance -- serve writes it`);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as PlanFile;
}

interface PlanRun {
  suite: Suite;
  options: RunOptions;
  exceptions: readonly Exception[];
  file: PlanFile;
  created: SuitePlan;
  ofPlan: PlanResults;
}

function tasksOf({ suite, options, exceptions, file, created, ofPlan }: PlanRun): Task[] {
  const isWanted = ({ testModule }: SuiteModule): boolean =>
    options.modules.length === 0
      ? options.rotate || testModule !== ROTATION
      : options.modules.includes(testModule);
  const rotate = () => rotateKeys(options.directory, (file.server as { discoveryUrl: string }).discoveryUrl);
  return created.modules.filter(isWanted).map((module) => {
    const expected = expectedResult(exceptions, ofPlan.plan, module);
    return {
      alias: file.alias,
      alone: module.testModule === ROTATION,
      run: async () => {
        const { result, findings, page } = await runModule(suite, created.id, module, { rotate });
        ofPlan.modules.push({ module: module.testModule, variant: module.variant, result, expected });
        const isExpected = result === expected;
        console.error(`${ofPlan.plan} ${module.testModule}${variantText(module)}: ${result.toLowerCase()}`);
        if (isExpected) return;
        console.error(`  expected ${expected.toLowerCase()}; ${page}`);
        for (const finding of findings) console.error(`  ${finding}`);
      },
    };
  });
}

function variantText({ variant }: SuiteModule): string {
  return variant.response_type === undefined ? '' : ` (${variant.response_type})`;
}

/** Rotates the key of the server under test, and waits until it publishes the new one. */
async function rotateKeys(directory: string, discoveryUrl: string): Promise<void> {
  const { jwks_uri: jwksUri } = (await readJson(discoveryUrl)) as { jwks_uri: string };
  const published = async () =>
    ((await readJson(jwksUri)) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  const before = new Set(await published());
  const config = join(directory, 'signet.yaml');
  await promisify(execFile)(process.execPath, [COMMAND, '--config', config, 'keys', 'rotate']);
  const deadline = Date.now() + ROTATION_TIMEOUT_MS;
  while ((await published()).every((kid) => before.has(kid))) {
    if (Date.now() > deadline) throw new Error('the server does not publish the new key');
    await sleep(200);
  }
}

async function readJson(url: string): Promise<unknown> {
  return await (await fetch(url)).json();
}
