import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files that belong to the repository, read without git so that an unpacked archive can be tested too. */

/** The entries of `.gitignore`. */
const IGNORED = new Set(['.git', 'node_modules', 'dist', 'coverage', 'data', 'tmp', 'signet.yaml', '.env']);
const IGNORED_RESULTS = /^bench\/results\/soak-.*\.json$/;

/** Paths relative to the root, with `/`, ordered. */
export function repositoryFiles(root: string): string[] {
  const walk = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (
        IGNORED.has(path) ||
        IGNORED_RESULTS.test(path) ||
        path.endsWith('.log') ||
        (folder === 'keys' && entry.name !== 'README.md')
      )
        return [];
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk('').sort();
}

/** The content of a text file, undefined for a binary one. */
export function readText(root: string, path: string): string | undefined {
  const content = readFileSync(join(root, path));
  return content.includes(0) ? undefined : content.toString('utf8');
}
