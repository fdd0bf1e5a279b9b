import { createServer } from 'node:http';
import { pino, stdTimeFunctions } from 'pino';
import { createResourceServer } from './app.ts';
import { readSettings, type Settings } from './options.ts';

/** The process of the sample API: reads the environment, listens, and drains connections on SIGTERM. */

const log = pino({ base: { name: 'resource-server' }, timestamp: stdTimeFunctions.isoTime });
const DRAIN_TIMEOUT_MS = 5_000;

function start({ host, port, logLevel, ...options }: Settings): void {
  log.level = logLevel;
  const app = createResourceServer({
    ...options,
    onReject: (rejection) => log.info(rejection, 'request rejected'),
  });
  app.on('error', (error: unknown) => log.error(error, 'request failed'));

  const server = createServer({
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 2_000,
  });
  const handle = app.callback();
  server.on('request', (request, response) => void handle(request, response));
  server.once('error', (error: NodeJS.ErrnoException) => {
    const why = error.code === 'EADDRINUSE' ? 'another program is listening there' : error.message;
    fail(`the sample API cannot listen on ${host}:${port}: ${why}; set RESOURCE_SERVER_PORT to another port`);
  });
  server.listen(port, host, () => {
    log.info({ address: server.address(), issuer: options.issuer }, 'listening');
    process.send?.('listening');
  });

  function stop(): void {
    server.close();
    setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS).unref();
  }
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // The parent process has exited.
  process.once('disconnect', stop);
  process.channel?.unref();
}

/** Writes one sentence to the terminal instead of a log line. */
function fail(message: string): void {
  process.stderr.write(`error: ${message}\n`);
  process.exitCode = 1;
}

try {
  start(readSettings(process.env));
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
