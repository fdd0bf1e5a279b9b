import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findOrInstall, INSTALL_TIMEOUT } from './find-or-install.ts';
import type { Network } from './network.ts';
import { skip } from './skip.ts';

/**
 * Builds images without a daemon and without a registry: with Debian's buildah in a temporary directory, on base images made from
 * Debian's packages and the Node that runs the tests.
 */

const run = promisify(execFile);
const MAX_OUTPUT = 64 * 1024 * 1024;

/** For the `before` hook of a test: the suite is skipped, with a hint, where a program is missing that cannot be installed. */
export async function needBuildah(context: Mocha.Context): Promise<void> {
  context.timeout(2 * INSTALL_TIMEOUT + 30_000);
  // Debian has debootstrap in a directory that is only on root's PATH.
  process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin`;
  for (const program of ['buildah', 'debootstrap']) {
    if ((await findOrInstall([program], program)) === undefined)
      skip(context, `${program} is missing`, 'on Debian, as root: apt-get install buildah debootstrap');
  }
}

/** The run settings of an image. */
export interface ImageSettings {
  User: string;
  WorkingDir: string;
  Env: string[];
  Entrypoint: string[];
  Cmd: string[];
  Healthcheck: { Test: string[] };
  ExposedPorts: Record<string, object>;
}

export class Buildah {
  readonly directory = mkdtempSync(join(tmpdir(), 'signet-image-'));
  readonly #options = [
    ['--root', join(this.directory, 'storage')],
    ['--runroot', join(this.directory, 'run')],
    ['--storage-driver', 'overlay'],
  ].flat();

  async #buildah(...args: string[]): Promise<string> {
    const { stdout } = await run('buildah', [...this.#options, ...args], { maxBuffer: MAX_OUTPUT });
    return stdout.trim();
  }

  /** An image of Debian with what Node needs. @param name of the image */
  async makeDebian(name: string): Promise<void> {
    const root = join(this.directory, 'debian');
    await run(
      'debootstrap',
      ['--variant=minbase', '--include=libstdc++6', 'bookworm', root, ...mirror(await aptSources())],
      {
        maxBuffer: MAX_OUTPUT,
      },
    );
    await this.#commit('scratch', root, '/', name);
    rmSync(root, { recursive: true });
  }

  /** An image with the Node of this process and the npm of this machine, where the official one has them. */
  async makeNode(base: string, name: string): Promise<void> {
    const files = join(this.directory, 'node');
    mkdirSync(join(files, 'bin'), { recursive: true });
    copyFileSync(process.execPath, join(files, 'bin/node'));
    const { stdout } = await run('which', ['npm']);
    const npm = dirname(dirname(realpathSync(stdout.trim())));
    cpSync(npm, join(files, 'lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(files, 'bin/npm'));
    await this.#commit(base, files, '/usr/local', name);
    rmSync(files, { recursive: true });
  }

  async #commit(base: string, source: string, target: string, name: string): Promise<void> {
    const container = await this.#buildah('from', '--pull-never', base);
    await this.#buildah('add', '--quiet', container, source, target);
    await this.#buildah('commit', '--quiet', '--rm', container, name);
  }

  /** Builds a Dockerfile; npm inside reaches its registry as it does on this machine. */
  async build(context: string, name: string, variables: Readonly<Record<string, string>>): Promise<void> {
    const settings = join(this.directory, 'npmrc');
    const authorities = process.env.NODE_EXTRA_CA_CERTS;
    const inside = '/run/authorities.pem';
    const { stdout: registry } = await run('npm', ['config', 'get', 'registry']);
    writeFileSync(
      settings,
      `registry=${registry.trim()}\n${authorities === undefined ? '' : `cafile=${inside}\n`}`,
    );
    const volumes = [`${settings}:/root/.npmrc:ro`];
    if (authorities !== undefined) volumes.push(`${realpathSync(authorities)}:${inside}:ro`);
    const options = [
      ...Object.entries(variables).map(([key, value]) => `--build-arg=${key}=${value}`),
      ...volumes.map((volume) => `--volume=${volume}`),
      '--isolation=chroot',
      '--network=host',
      '--format=docker',
      '--pull-never',
    ];
    await this.#buildah('build', ...options, '--tag', name, context);
  }

  async settings(image: string): Promise<ImageSettings> {
    const { Docker } = JSON.parse(await this.#buildah('inspect', '--type', 'image', image)) as {
      Docker: { config: ImageSettings };
    };
    return Docker.config;
  }

  /** @returns the name of a container of the image */
  async from(image: string): Promise<string> {
    return await this.#buildah('from', '--pull-never', image);
  }

  /** Where the files of a container lie on this machine. */
  async mount(container: string): Promise<string> {
    return await this.#buildah('mount', container);
  }

  /** Runs a command in a container, as the user of its image. */
  run(
    container: string,
    command: readonly string[],
    options: {
      network: Network;
      env?: Readonly<Record<string, string>>;
      volumes?: Readonly<Record<string, string>>;
    },
  ): ChildProcess {
    const [program, ...args] = [
      ...options.network.enter,
      'buildah',
      ...this.#options,
      'run',
      '--isolation',
      'chroot',
      ...Object.entries(options.env ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...Object.entries(options.volumes ?? {}).flatMap(([path, source]) => ['--volume', `${source}:${path}`]),
      container,
      '--',
      ...command,
    ];
    return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async remove(): Promise<void> {
    await this.#buildah('rm', '--all');
    await this.#buildah('rmi', '--all', '--force');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Debian's mirror as apt knows it; debootstrap has a default of its own. */
async function aptSources(): Promise<string | undefined> {
  const { stdout } = await run('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(CODENAME)',
    'Created-By: Packages',
  ]);
  return stdout
    .split('\n')
    .find((line) => line.endsWith(' bookworm'))
    ?.split(' ')[0];
}

const mirror = (uri: string | undefined): string[] => (uri === undefined ? [] : [uri]);
