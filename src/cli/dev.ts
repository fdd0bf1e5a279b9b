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

/** `signet dev`, which `npm start` runs: the authorization server, the sample API and the sample app, for trying things out. */
export function register(program: Command): void {
  program
    .command('dev')
    .summary('run the server with the sample API and the sample app')
    .description(
      'Runs the authorization server in development mode, and beside it, as processes of their own, the sample API\n' +
        '(http://localhost:3001) and the sample app (http://localhost:3002). Prints where to go and what to paste.',
    )
    .addHelpText(
      'after',
      `
Where another program has a port, move the server with SIGNET_PORT, its management port with SIGNET_MANAGEMENT_PORT,
the sample API with RESOURCE_SERVER_PORT and the sample app with SAMPLE_APP_PORT; what depends on them follows:
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
      process.stdout.write(banner(config, movedBy(process.env)));
    });
}

const MOVING = ['SIGNET_ISSUER', 'SIGNET_PORT', 'RESOURCE_SERVER_PORT', 'SAMPLE_APP_PORT'] as const;

function movedBy(env: NodeJS.ProcessEnv): string[] {
  return MOVING.flatMap((name) => (env[name] === undefined ? [] : [`${name}=${env[name]}`]));
}
