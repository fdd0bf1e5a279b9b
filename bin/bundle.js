/**
 * The modules of the sources as a few larger files, because a start spends a fifth of its time on loading hundreds of small ones. `npm ci` writes
 * them beside the compile cache. They are used while no source has changed since, so that an edited source is what runs.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const MANIFEST = 'manifest.json';
const SOURCE = /\.ts$/;

/**
 * @param {URL} sources with a slash at its end, as all directories here
 * @param {URL} directory of the bundle
 * @returns {string | undefined} the address of the entry module; undefined where there is no bundle of these sources
 */
export function bundledEntry(sources, directory) {
  try {
    const { address, files } = JSON.parse(readFileSync(new URL(MANIFEST, directory), 'utf8'));
    // The modules contain the addresses of their sources: a copy, or a directory that was moved, has a bundle of other sources.
    if (address !== sources.href) return undefined;
    const isCurrent = files.every(([name, size, modified]) => {
      const found = statSync(new URL(name, sources));
      return found.size === size && found.mtimeMs === modified;
    });
    return isCurrent ? new URL('main.js', directory).href : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the bundle, where the bundler is installed.
 * @param {URL} sources
 * @param {URL} directory
 * @returns {Promise<string[]>} the addresses of its modules; empty where there is none
 */
export async function writeBundle(sources, directory) {
  if (bundledEntry(sources, directory) !== undefined) return modulesOf(directory);
  const bundler = await import('rolldown').catch(() => undefined);
  if (bundler === undefined || !prepareDirectory(directory)) return [];
  // Before the sources are read: a change in between makes the bundle out of date.
  const files = readdirSync(sources, { recursive: true })
    .filter((name) => SOURCE.test(name))
    .map((name) => name.replaceAll('\\', '/'))
    .map((name) => {
      const { size, mtimeMs } = statSync(new URL(name, sources));
      return [name, size, mtimeMs];
    });
  const bundle = await bundler.rolldown({
    input: { main: fileURLToPath(new URL('main.ts', sources)) },
    external: (name) => !/^[./]/.test(name),
    platform: 'node',
    logLevel: 'silent',
    plugins: [addressesOfSources()],
  });
  await bundle.write({ dir: fileURLToPath(directory), format: 'esm', sourcemap: true });
  await bundle.close();
  writeFileSync(new URL(MANIFEST, directory), JSON.stringify({ address: sources.href, files }));
  return modulesOf(directory);
}

function modulesOf(directory) {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.js'))
    .map((name) => new URL(name, directory).href);
}

/** Removes what is there. @returns false for a user who may not write it: another user has installed the program */
function prepareDirectory(directory) {
  try {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

/** `import.meta.url` stays the address of the source, from which templates and the entry points of threads are found. */
function addressesOfSources() {
  return {
    name: 'addresses of sources',
    load: {
      filter: { id: SOURCE },
      handler(path) {
        const code = readFileSync(path, 'utf8');
        if (!code.includes('import.meta.url')) return null;
        const address = JSON.stringify(pathToFileURL(path).href);
        return { code: code.replaceAll('import.meta.url', address), moduleType: 'ts' };
      },
    },
  };
}
