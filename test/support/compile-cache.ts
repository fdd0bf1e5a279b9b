import module from 'node:module';
import { join } from 'node:path';

/**
 * Loaded by mocha before the tests, in every process: keeps compiled modules, without their types, between processes and runs.
 * Not under coverage, which V8 counts less precisely for cached code.
 */
if (process.env.NODE_V8_COVERAGE === undefined) {
  const directory = join(import.meta.dirname, '../../node_modules/.cache/tests');
  module.enableCompileCache(directory);
  // Processes that tests start.
  process.env.NODE_COMPILE_CACHE ??= directory;
}
