import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Stage } from './stage.ts';
import { type Installation, MissingToolchainError, type Toolchain } from './toolchain.ts';

/** Applications of Spring Boot, which Maven builds. Their `pom.xml` has the version as that of its parent. */

const run = promisify(execFile);
const CLIENTS = join(import.meta.dirname, '../clients');
/** Of Java, which Spring Boot needs. */
const MINIMUM = 17;
const MAX_OUTPUT = 64 * 1024 * 1024;
/** In a jar and in the directory of the files. */
const CONFIGURATION = 'src/main/resources/application.yml';

/** @param name folder of the client */
export function springBoot(name: string): Toolchain {
  return {
    ecosystem: 'Maven',
    async install(cache) {
      await needJava();
      const source = join(CLIENTS, name, 'files');
      const directory = join(cache, 'maven', name);
      await buildOnce(source, directory, join(cache, 'maven/repository'));
      const parent = /<parent>.*?<version>(.+?)<\/version>/s.exec(
        readFileSync(join(source, 'pom.xml'), 'utf8'),
      );
      if (parent === null) throw new Error(`${name}: pom.xml has no parent`);
      return { directory, versions: { 'Spring Boot': parent[1] ?? '' } } satisfies Installation;
    },
  };
}

/** Starts the application with the configuration of the run in place of the one that is built in. */
export async function startSpringBoot(stage: Stage, settings: readonly string[] = []): Promise<void> {
  const jar = join(stage.installation.directory, 'target/app.jar');
  const options = [`--server.port=${stage.port}`, `--spring.config.location=file:${CONFIGURATION}`];
  // The tests share few cores with the compiler of the virtual machine.
  await stage.start('java', ['-XX:TieredStopAtLevel=1', '-jar', jar, ...options, ...settings]);
}

/** @throws MissingToolchainError without Maven, or without a Java that is new enough */
async function needJava(): Promise<void> {
  const hint = `install Maven and Java ${MINIMUM} or newer: apt-get install maven`;
  // It prints the version to standard error.
  const { stderr } = await run('java', ['-version']).catch(() => ({ stderr: '' }));
  const version = Number(/version "(\d+)/.exec(stderr)?.[1]);
  if (!(version >= MINIMUM)) throw new MissingToolchainError(`Java ${MINIMUM} is missing`, hint);
  await run('mvn', ['--version']).catch(() => {
    throw new MissingToolchainError('Maven is missing', hint);
  });
}

/** `mvn package`, unless the sources are those of the last time. */
async function buildOnce(source: string, directory: string, repository: string): Promise<void> {
  const sources = readSources(source);
  const mark = join(directory, 'built-from.txt');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === sources) return;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  cpSync(source, directory, { recursive: true });
  const options = ['--batch-mode', '--quiet', `-Dmaven.repo.local=${repository}`, 'package'];
  await run('mvn', options, { cwd: directory, maxBuffer: MAX_OUTPUT });
  writeFileSync(mark, sources);
}

/** The texts of all files but the configuration, which a run has its own of. */
function readSources(source: string): string {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith(CONFIGURATION))
    .sort()
    .map((path) => `${path}\n${readFileSync(path, 'utf8')}`)
    .join('\n');
}
