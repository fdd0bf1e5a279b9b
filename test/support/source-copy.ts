import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');

/** A copy of `src` in a directory of its own, for tests of what a change of the source leads to. */
export interface SourceCopy {
  readonly directory: string;
  /** Adds a file. */
  add(path: string, text: string): void;
  /** Inserts lines after the one line that contains `anchor`. */
  insertAfter(path: string, anchor: string, ...lines: string[]): void;
  /** Loads a module of the copy, with the types of the original. */
  load<Module>(path: string): Promise<Module>;
  remove(): void;
}

export function copySource(): SourceCopy {
  const directory = mkdtempSync(join(tmpdir(), 'signet-source-'));
  cpSync(join(ROOT, 'src'), join(directory, 'src'), { recursive: true });
  for (const name of ['node_modules', 'views', 'locales', 'package.json', 'tsconfig.json'])
    symlinkSync(join(ROOT, name), join(directory, name));
  return {
    directory,
    add: (path, text) => writeFileSync(join(directory, path), text, { flag: 'wx' }),
    insertAfter(path, anchor, ...lines) {
      const before = readFileSync(join(directory, path), 'utf8').split('\n');
      const found = before.flatMap((line, index) => (line.includes(anchor) ? [index] : []));
      if (found.length !== 1) throw new Error(`${path} has ${found.length} lines with ${anchor}`);
      const after = before.toSpliced(found[0]! + 1, 0, ...lines);
      writeFileSync(join(directory, path), after.join('\n'));
    },
    async load<Module>(path: string) {
      const moduleAt = (file: string): Promise<unknown> => import(pathToFileURL(join(directory, file)).href);
      // A server imports it a quarter of a second after its start, when a short test may have removed the copy.
      await moduleAt('src/observability/prometheus.ts');
      return (await moduleAt(path)) as Module;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
