/**
 * `signet precompile`, which no help lists: `npm ci` and the Dockerfile run it. It imports all modules, so that Node compiles them and
 * `bin/signet.js` keeps the result; the first start of a server then does not compile. Importing a module has no other effect, except for
 * the entry points of processes and threads, which are left out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { writeBundle } from './bundle.js';

const MODULE = /\.[jt]s$/;
/** Of the samples and of threads; `main.ts` of the program itself only exports. */
const ENTRY_POINT = /[\\/]main\.[jt]s$|-thread\.[jt]s$/;

/**
 * @param {URL} directory of the own modules
 * @param {URL} bundle
 */
export async function precompile(directory, bundle) {
  const bundled = await writeBundle(directory, bundle);
  const modules = bundled.length > 0 ? bundled : ownModules(directory);
  // The packages too: some are imported at their first use, so the modules do not bring them.
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  await Promise.all([...modules, ...Object.keys(dependencies)].map((specifier) => import(specifier)));
}

function ownModules(directory) {
  return readdirSync(directory, { recursive: true })
    .filter((file) => MODULE.test(file) && !ENTRY_POINT.test(file))
    .map((file) => new URL(file.replaceAll('\\', '/'), directory).href);
}
