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
if (options.command === 'help') console.log(USAGE);
else if (options.command === 'plans') {
  for (const { name, suitePlan, variant } of PLANS) {
    console.log(
      [name.padEnd(34), suitePlan, ...Object.entries(variant).map((pair) => pair.join('='))].join(' '),
    );
  }
} else if (options.command === 'serve') {
  const { serve } = await import('./serve/serve.ts');
  await serve(options);
} else {
  const { run } = await import('./suite/run.ts');
  process.exitCode = await run(options);
}
