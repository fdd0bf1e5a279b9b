import type { Command } from 'commander';
import { ConfigurationError } from '../config/errors.ts';
import { createLogger } from '../observability/log.ts';
import { loadCheckedConfig } from '../app/preflight.ts';
import { startServer } from '../app/server.ts';
import { banner } from './banner.ts';
import { configSources } from './context.ts';
import { type Samples, startSamples } from './samples.ts';
import { stopOnSignal } from './signals.ts';
import { warnAboutSettings } from './start-warnings.ts';

/** `signet dev`, which `npm start` runs: the authorization server, the sample API and the sample app on one machine. */
export function register(program: Command): void {
  program
    .command('dev')
    .summary('run the server with the sample API and the sample app')
    .description(
      'Runs the authorization server in development mode, and in separate processes the sample API (http://localhost:3001)\n' +
        'and the sample app (http://localhost:3002). Prints addresses, demo credentials and commands to paste.',
    )
    .addHelpText(
      'after',
      `
If another program uses a port, set SIGNET_PORT for the server, SIGNET_MANAGEMENT_PORT for its management port,
RESOURCE_SERVER_PORT for the sample API or SAMPLE_APP_PORT for the sample app. Dependent settings follow:
  $ SIGNET_PORT=3700 SAMPLE_APP_PORT=3702 npm start`,
    )
    .action(async (_options: unknown, command: Command) => {
      const config = await loadCheckedConfig({
        ...configSources(command),
        defaults: { log: { level: 'warn' } },
      });
      if (config.mode !== 'development') {
        throw new ConfigurationError([
          `issuer: signet dev needs one on localhost, ${config.issuer} is for signet serve`,
        ]);
      }
      const log = await createLogger(config.log);
      warnAboutSettings(log, config);
      const server = await startServer(config, { log });
      let samples: Samples | undefined;
      const stop = stopOnSignal(async () => {
        samples?.stop();
        await server.close();
      });
      try {
        if (config.demo) samples = await startSamples(config, stop.failed);
      } catch (error) {
        await server.close();
        throw error;
      }
      process.stdout.write(banner(config, portSettings(process.env)));
    });
}

const PORT_VARIABLES = ['SIGNET_ISSUER', 'SIGNET_PORT', 'RESOURCE_SERVER_PORT', 'SAMPLE_APP_PORT'] as const;

function portSettings(env: NodeJS.ProcessEnv): string[] {
  return PORT_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [`${name}=${env[name]}`]));
}
