import { type ChildProcess, spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';

const NAMES = { 'resource-server': 'sample API', 'sample-app': 'sample app' } as const;

/** The sample API and the sample app as separate processes. */
export interface Samples {
  stop(): void;
}

/**
 * Starts both and waits until they listen.
 * @param config of their authorization server
 * @param onEnd called when one of them exits without `stop`
 * @throws Error when one cannot start; the other is stopped
 */
export async function startSamples(
  { issuer, samples, apis }: Pick<Config, 'issuer' | 'samples' | 'apis'>,
  onEnd: () => void,
): Promise<Samples> {
  const api = apis.find(({ audience }) => audience === samples.api);
  let running = false;
  const children: ChildProcess[] = [];
  const stop = (): void => {
    running = false;
    for (const child of children) child.kill('SIGTERM');
  };
  const start = (name: keyof typeof NAMES, env: Record<string, string>): Promise<void> =>
    new Promise((resolve, reject) => {
      const entry = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
      const child = spawn(process.execPath, [entry], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: { ...process.env, ...compileCache(), ...env },
      });
      children.push(child);
      child.once('message', () => resolve());
      child.once('error', reject);
      child.once('exit', () => {
        reject(new Error(`the ${NAMES[name]} could not start; its own message is above`));
        if (running) onEnd();
      });
    });
  try {
    await Promise.all([
      start('resource-server', {
        RESOURCE_SERVER_ISSUER: issuer,
        RESOURCE_SERVER_AUDIENCE: samples.api,
        RESOURCE_SERVER_SIGNING_ALGORITHM: api?.signingAlgorithm ?? 'RS256',
        RESOURCE_SERVER_LOG_LEVEL: 'warn',
      }),
      start('sample-app', {
        SAMPLE_APP_ISSUER: issuer,
        SAMPLE_APP_API: samples.api,
        SAMPLE_APP_LOG_LEVEL: 'warn',
      }),
    ]);
  } catch (error) {
    stop();
    throw error;
  }
  running = true;
  return { stop };
}

/** Lets a child process keep its compiled modules where this one does, in the directory above the one of this version of Node. */
function compileCache(): { NODE_COMPILE_CACHE?: string } {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}
