import { readOptions, type Options, USAGE } from './options.ts';
import { PLANS } from './plans/plans.ts';

/**
 * `npm run conformance`: Signet under the conformance suite of the OpenID Foundation, which is a program of its own. `serve` runs the server
 * under test, `run` drives a suite that is up and compares its results with `expected.json`.
 */

let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}
try {
  await execute(options);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function execute(called: Options): Promise<void> {
  if (called.command === 'help') console.log(USAGE);
  else if (called.command === 'plans') printPlans();
  else if (called.command === 'serve') {
    const { serve } = await import('./serve/serve.ts');
    await serve(called);
  } else {
    const { run } = await import('./suite/run.ts');
    process.exitCode = await run(called);
  }
}

function printPlans(): void {
  for (const { name, suitePlan, variant } of PLANS) {
    const variants = Object.entries(variant).map((pair) => pair.join('='));
    console.log([name.padEnd(34), suitePlan, ...variants].join(' '));
  }
}
