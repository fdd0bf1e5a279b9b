import type { Command } from 'commander';
import { loadConfig } from '../config/config.ts';
import { ConfigurationError } from '../config/errors.ts';
import { createLogger } from '../observability/log.ts';
import { startServer } from '../server.ts';
import { banner } from './banner.ts';
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
    .action(async (_options: unknown, command: Command) => {
      const { config: path } = command.optsWithGlobals<{ config?: string }>();
      const config = loadConfig({
        env: process.env,
        defaults: { log: { level: 'warn' } },
        path,
        interactive: process.stdout.isTTY,
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
        if (config.demo) samples = await startSamples(config.issuer, stop.failed);
      } catch (error) {
        await server.close();
        throw error;
      }
      process.stdout.write(banner(config));
    });
}
