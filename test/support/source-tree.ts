import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync, visitorKeys } from 'oxc-parser';

/** Imports and uses of `process` in the TypeScript files of a tree, from their syntax trees. Paths are relative to the root, with `/`. */

export interface Import {
  /** Path of the imported file for a relative import, otherwise the specifier as written. */
  target: string;
  /** False for a package or a built-in module. */
  relative: boolean;
}

export interface SourceFile {
  path: string;
  lines: number;
  /** Static, dynamic, re-exports and types; each target once. */
  imports: Import[];
  /** Uses the global `process`; importing `node:process` is in `imports`. */
  touchesProcess: boolean;
  /** Has an `import(…)` with a computed specifier, so that `imports` is incomplete. */
  importsComputed: boolean;
}

export type FileSize = Pick<SourceFile, 'path' | 'lines'>;

/** Parses every `.ts` file below the given folders of a root, ordered by path. */
export function readSourceTree(root: string, folders: readonly string[]): SourceFile[] {
  return sourcePaths(root, folders).map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

/** Counts the lines of the same files, without parsing them. */
export function readSizes(root: string, folders: readonly string[]): FileSize[] {
  return sourcePaths(root, folders).map((path) => ({
    path,
    lines: countLines(readFileSync(join(root, path), 'utf8')),
  }));
}

function sourcePaths(root: string, folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

const countLines = (text: string): number => text.trimEnd().split('\n').length;

/**
 * @param path of the file, relative to the root
 * @throws Error on a syntax error
 */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const specifiers = new Set<string>();
  let touchesProcess = false;
  let importsComputed = false;
  walk(program, (node, parent, key) => {
    const specifier = importedBy(node);
    if (specifier !== undefined) specifiers.add(specifier);
    if (node.type === 'ImportExpression' && specifier === undefined) importsComputed = true;
    touchesProcess ||= isProcess(node, parent, key);
  });
  const imports = [...specifiers].map((specifier) => locate(path, specifier));
  return { path, lines: countLines(text), imports, touchesProcess, importsComputed };
}

/** The texts of all string and template literals (of a template, the parts between its expressions), and the keys of objects. */
export function literalsOf(path: string, text: string): string[] {
  const { program } = parseSync(path, text);
  const found: string[] = [];
  walk(program, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') found.push(node.value);
    if (node.type === 'Property' && isNode(node.key) && node.key.type === 'Identifier')
      found.push(String(node.key.name));
    if (node.type === 'TemplateElement') found.push((node.value as { cooked: string }).cooked);
  });
  return found;
}

export interface Node extends Record<string, unknown> {
  type: string;
}

type Visit = (node: Node, parent: Node | undefined, key: string) => void;

export function walk(node: unknown, visit: Visit, parent?: Node, key = ''): void {
  if (!isNode(node)) return;
  visit(node, parent, key);
  for (const childKey of visitorKeys[node.type] ?? []) {
    const child = node[childKey];
    if (Array.isArray(child)) for (const each of child) walk(each, visit, node, childKey);
    else walk(child, visit, node, childKey);
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The module that an import or export declaration, an `import('…')` or a type `import('…')` names. */
function importedBy(node: Node): string | undefined {
  if (!/^(?:Import|Export|TSImportType)/.test(node.type) || !isNode(node.source)) return undefined;
  return typeof node.source.value === 'string' ? node.source.value : undefined;
}

/** `process` as a name, or `globalThis.process`; not `job.process()` or `{ process: 1 }`. */
function isProcess(node: Node, parent: Node | undefined, key: string): boolean {
  if (node.type !== 'Identifier' || node.name !== 'process') return false;
  if ((key !== 'property' && key !== 'key') || parent?.computed === true) return true;
  return isNode(parent?.object) && (parent.object.name === 'globalThis' || parent.object.name === 'global');
}

function locate(importer: string, specifier: string): Import {
  if (!specifier.startsWith('.')) return { target: specifier, relative: false };
  return { target: posix.join(posix.dirname(importer), specifier), relative: true };
}
