import type { Command } from 'commander';
import { loadConfig } from '../config/config.ts';
import { createLogger } from '../observability/log.ts';
import { startServer } from '../server.ts';
import { stopOnSignal } from './signals.ts';

/** `signet serve`: the authorization server alone, as production runs it. */
export function register(program: Command): void {
  program
    .command('serve')
    .summary('run the authorization server')
    .description(
      'Runs the authorization server until SIGTERM or SIGINT, then finishes the requests under way.\n' +
        'The configuration is signet.yaml (or --config) and SIGNET_* variables; see `signet config schema`.',
    )
    .action(async (_options: unknown, command: Command) => {
      const { config: path } = command.optsWithGlobals<{ config?: string }>();
      const config = loadConfig({ env: process.env, path, interactive: process.stdout.isTTY });
      const log = await createLogger(config.log);
      const server = await startServer(config, { log });
      const { added, changed, removed, unchanged } = server.clients;
      log.info(
        { added, changed, removed },
        `declared clients: ${added.length} added, ${changed.length} changed, ${removed.length} removed, ${unchanged.length} unchanged`,
      );
      log.info(
        {
          issuer: config.issuer,
          mode: config.mode,
          host: config.host,
          port: server.port,
          managementPort: server.managementPort,
        },
        'signet is serving',
      );
      stopOnSignal(async () => {
        log.info('stopping: finishing the requests under way');
        await server.close();
        log.info('stopped');
      });
    });
}
