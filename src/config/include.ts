import { globSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ConfigurationError } from './errors.ts';
import { readConfigFile } from './file.ts';
import { SourceFiles } from './source-files.ts';

/**
 * `signet.yaml` and the files that it includes, as the values of one file. `apis` and `clients` are joined in the order of the files; every
 * other key is in one file. Paths in `include` and `client_secret_file` are relative to the file that has them.
 */

const LISTS = ['apis', 'clients'] as const;

/** More files are a pattern that matches too much. */
const MAX_FILES = 10_000;

/**
 * @param path the main file
 * @param required false when the path is the default one, which may be missing
 * @throws ConfigurationError with the problems of all files
 */
export function readConfigFiles(
  path: string,
  required: boolean,
): { values: Record<string, unknown>; sourceFiles: SourceFiles } {
  const reader = new Reader();
  const main = readConfigFile(path, required);
  reader.take(path, main, [realPath(path)]);
  if (reader.problems.length > 0) throw new ConfigurationError(reader.problems);
  return { values: reader.values, sourceFiles: reader.sourceFiles };
}

class Reader {
  readonly values: Record<string, unknown> = {};
  readonly problems: string[] = [];
  readonly sourceFiles = new SourceFiles();
  /** Real paths. */
  readonly #read = new Set<string>();

  /** @param chain real paths from the main file to this one */
  take(path: string, content: Record<string, unknown>, chain: readonly string[]): void {
    this.#read.add(chain.at(-1) ?? path);
    this.sourceFiles.addFile(path);
    // A reserved name such as `__proto__` stays an own key, so that it is reported like in one file.
    const { include, ...values } = content;
    for (const [key, value] of Object.entries(values)) this.#add(path, key, value);
    for (const file of this.#included(path, include)) this.#include(path, file, chain);
  }

  #add(path: string, key: string, value: unknown): void {
    const former = this.sourceFiles.fileOf(key);
    const list = LISTS.find((name) => name === key);
    const present = Object.hasOwn(this.values, key) ? this.values[key] : undefined;
    if (list !== undefined && Array.isArray(value) && (present === undefined || Array.isArray(present))) {
      const entries = list === 'clients' ? value.map((entry) => besideFile(path, entry)) : value;
      this.values[list] = [...(present ?? []), ...entries];
      this.sourceFiles.addEntries(list, path, entries);
    } else if (former === undefined && present === undefined) {
      define(this.values, key, value);
      this.sourceFiles.addKey(key, path);
    } else if (list !== undefined) {
      this.problems.push(`${key} (${path}): expected a list: [one, two]`);
    } else {
      this.problems.push(
        `${key}: is in ${former} and in ${path}; only apis and clients may be in several files`,
      );
    }
  }

  /** The files that `include` names, as paths. A pattern may match none. */
  #included(path: string, include: unknown): string[] {
    if (include === undefined) return [];
    if (!isListOfNames(include)) {
      this.problems.push(`include (${path}): expected a list of files: [one, two]`);
      return [];
    }
    return include.flatMap((pattern) => {
      if (!/[*?[{]/.test(pattern)) return [beside(path, pattern)];
      const matches = globSync(pattern, { cwd: resolve(dirname(path)) });
      return matches.sort().map((match) => beside(path, match));
    });
  }

  #include(from: string, path: string, chain: readonly string[]): void {
    const real = realPath(path);
    const problem = this.#problemOf(from, path, real, chain);
    if (problem !== undefined) {
      this.problems.push(`include (${from}): ${problem}`);
      return;
    }
    try {
      const content = readConfigFile(path, true);
      this.take(path, content, [...chain, real]);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const unread = (sentence: string) => sentence.startsWith('cannot read');
      this.problems.push(
        ...error.problems.map((sentence) => (unread(sentence) ? `include (${from}): ${sentence}` : sentence)),
      );
    }
  }

  #problemOf(from: string, path: string, real: string, chain: readonly string[]): string | undefined {
    if (chain.at(-1) === real) return `${path} includes itself`;
    if (chain.includes(real)) return `${path} includes itself, over ${from}`;
    if (this.#read.has(real)) return `${path} is included twice`;
    return this.#read.size >= MAX_FILES ? `more than ${MAX_FILES} files` : undefined;
  }
}

function isListOfNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}

/** The secret of a client is in a file beside the one that declares the client. */
function besideFile(path: string, entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
  const { client_secret_file: file } = entry as Record<string, unknown>;
  return typeof file === 'string' && file !== ''
    ? { ...entry, client_secret_file: beside(path, file) }
    : entry;
}

function beside(path: string, name: string): string {
  return isAbsolute(name) ? name : join(dirname(path), name);
}

/** The path itself when there is no such file: reading it reports that. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** Also for the key `__proto__`. */
function define(values: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(values, key, { value, enumerable: true, configurable: true, writable: true });
}
