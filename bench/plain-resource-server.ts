import { createPlainResourceServer } from './plain/resource-server.ts';

/**
 * The yardstick for the resource server: koa and the verification from jose's own documentation.
 * Usage: node bench/plain-resource-server.ts PORT ISSUER
 */

const [port = '0', issuer = ''] = process.argv.slice(2);
createPlainResourceServer(issuer).listen(Number(port), '127.0.0.1');
