import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../config/config.ts';
import { createLogger } from '../observability/log.ts';
import { startServer } from '../server.ts';
import { banner } from './banner.ts';
import { stopOnSignal } from './signals.ts';

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
        env: { SIGNET_LOG_LEVEL: 'warn', ...process.env },
        path,
        interactive: process.stdout.isTTY,
      });
      if (config.mode !== 'development') {
        command.error(
          `error: signet dev is for an issuer on localhost; ${config.issuer} is not (use signet serve)`,
        );
      }
      const server = await startServer(config, { log: await createLogger(config.log) });
      const samples = config.demo ? startSamples(config) : [];
      process.stdout.write(banner(config));
      stopOnSignal(async () => {
        for (const sample of samples) sample.kill('SIGTERM');
        await server.close();
      });
    });
}

function startSamples(config: Config): ChildProcess[] {
  return [
    startSample('resource-server', { RESOURCE_SERVER_ISSUER: config.issuer }),
    startSample('sample-app', { SAMPLE_APP_ISSUER: config.issuer }),
  ];
}

function startSample(name: string, env: Record<string, string>): ChildProcess {
  const entry = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: 'inherit', env: { ...process.env, ...env } });
  child.on('exit', (code) => {
    if (code !== 0 && code !== null) process.stderr.write(`the ${name} stopped with exit code ${code}\n`);
  });
  return child;
}
