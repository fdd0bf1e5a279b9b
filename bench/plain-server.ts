import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/**
 * The yardstick: oidc-provider with its own in-memory adapter, as its documentation sets it up, and nothing else.
 * Usage: node bench/plain-server.ts PORT DIRECTORY
 */

const [port = '0', directory = '.'] = process.argv.slice(2);
// Like bin/signet.js: the modules are compiled once, not at every start.
enableCompileCache(join(directory, 'compile-cache'));
const { createPlainProvider } = await import('./plain/provider.ts');

const provider = await createPlainProvider(`http://localhost:${port}`, directory);
const server = provider.listen(Number(port), '127.0.0.1');

// An orderly exit writes the compile cache.
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
