import type { FileSize, Import, SourceFile } from './source-tree.ts';

/**
 * The dependency rule of Signet's source: which part may import which, as tables, and their check.
 * ARCHITECTURE.md explains the layers.
 */

/** From the top down: a part may import its own layer and those below, never one above. */
const LAYERS: readonly (readonly string[])[] = [
  ['main.ts'],
  ['cli'],
  ['workers'],
  ['app'],
  ['account-pages', 'interactions'],
  ['oidc'],
  ['http'],
  ['pages'],
  ['accounts', 'clients', 'signing', 'audit', 'limits', 'jobs', 'mail'],
  ['observability', 'outbound', 'messages'],
  ['store'],
  ['config'],
  ['clock.ts', 'file-owner.ts', 'random-pool.ts'],
];

/** Samples import nothing from the rest: they show the code of an application. */
const SAMPLES = ['resource-server', 'sample-app'];

/** Files that fewer than the layers above may import; everything else in `store/` is private to it. */
const STORE_FILES: Readonly<Record<string, 'all' | readonly string[]>> = {
  'store/store.ts': 'all',
  'store/errors.ts': 'all',
  'store/open.ts': ['cli', 'app'],
};

/** Packages that only these parts may import; a trailing `*` matches any ending. */
const PACKAGES: readonly { names: readonly string[]; only: readonly string[]; inOneFile?: true }[] = [
  { names: ['oidc-provider', 'oidc-provider/*'], only: ['oidc'] },
  {
    names: ['koa', 'koa-*', '@koa/*'],
    only: ['app', 'account-pages', 'interactions', 'oidc', 'http', 'pages', ...SAMPLES],
  },
  { names: ['ioredis', 'ioredis/*'], only: ['store/redis'] },
  { names: ['node:sqlite', 'sqlite'], only: ['store/sqlite'], inOneFile: true },
  { names: ['undici'], only: ['outbound'], inOneFile: true },
  { names: ['node:process', 'process'], only: processOwners() },
];

function processOwners(): string[] {
  return ['main.ts', 'cli', 'workers', ...SAMPLES.map((sample) => `${sample}/main.ts`)];
}

const ROOT = 'src/';

/** One sentence per breach of the rule in the files of `src`. */
export function dependencyViolations(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(violationsOfFile), ...sharedPackages(files), ...importCycles(files)];
}

function violationsOfFile(file: SourceFile): string[] {
  const from = file.path.slice(ROOT.length);
  if (layerOf(from) === undefined && !isSample(from)) {
    return [`${file.path}: is in no layer; give ${partOf(from)} its place in test/support/architecture.ts`];
  }
  const problems: string[] = [];
  for (const imported of file.imports) {
    const rule = imported.relative ? ruleOfFile(imported, from) : ruleOfPackage(imported.target);
    if (rule === undefined || rule.only.some((owner) => isIn(from, owner))) continue;
    problems.push(
      `${file.path}: imports ${imported.target}, which only ${rule.who ?? rule.only.join(', ')} may`,
    );
  }
  if (file.touchesProcess && !processOwners().some((owner) => isIn(from, owner))) {
    problems.push(`${file.path}: touches process, which only ${processOwners().join(', ')} may`);
  }
  if (file.importsComputed)
    problems.push(`${file.path}: imports something computed, which cannot be checked`);
  return problems;
}

interface Rule {
  /** Folders and files below `src` that may. */
  only: readonly string[];
  /** In words, where the list would be long. */
  who?: string;
}

function ruleOfFile(imported: Import, from: string): Rule | undefined {
  if (!imported.target.startsWith(ROOT)) return { only: [], who: 'files outside src' };
  const to = imported.target.slice(ROOT.length);
  const part = partOf(to);
  if (isSample(to)) return { only: [part] };
  if (isSample(from)) return { only: [], who: 'the server and its commands' };
  const depth = layerOf(to);
  const layer = LAYERS[depth ?? -1];
  if (depth === undefined || layer === undefined) return undefined;
  const access = part === 'store' ? (STORE_FILES[to] ?? []) : 'all';
  if (access !== 'all') return { only: [...access, part] };
  const above = depth === 0 ? '' : ' and the layers above';
  return { only: LAYERS.slice(0, depth + 1).flat(), who: layer.join(', ') + above };
}

function layerOf(path: string): number | undefined {
  const depth = LAYERS.findIndex((layer) => layer.includes(partOf(path)));
  return depth === -1 ? undefined : depth;
}

function ruleOfPackage(name: string): Rule | undefined {
  return PACKAGES.find(({ names }) => names.some((pattern) => matches(name, pattern)));
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** First folder below `src`, or the file itself. */
const partOf = (path: string): string => path.split('/')[0] ?? path;

const isSample = (path: string): boolean => SAMPLES.includes(partOf(path));

const isIn = (path: string, owner: string): boolean => path === owner || path.startsWith(`${owner}/`);

function sharedPackages(files: readonly SourceFile[]): string[] {
  return PACKAGES.filter(({ inOneFile }) => inOneFile === true).flatMap(({ names }) => {
    const importers = files.filter((file) =>
      file.imports.some(
        ({ relative, target }) => !relative && names.some((pattern) => matches(target, pattern)),
      ),
    );
    const [first, ...others] = importers.map((file) => file.path);
    return others.map((path) => `${path}: imports ${names[0]}, which only one file may, and ${first} does`);
  });
}

/** Each cycle once, as the path around it. */
function importCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      cycles.push(`${path}: imports itself around ${[...trail.slice(start), path].join(' → ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const { target } of byPath.get(path)?.imports ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of byPath.keys()) visit(path, []);
  return cycles;
}

const VAGUE_NAMES = /(?:^|\/)(?:utils?|helpers?|common|misc)(?=[./]|$)/i;

/**
 * One sentence per file that is too long or has a vague name.
 * @param longFiles path → why this file may be longer
 */
export function sizeAndNameViolations(
  files: readonly FileSize[],
  longFiles: Readonly<Record<string, string>>,
  limit = 300,
): string[] {
  const problems = files
    .filter(({ path }) => VAGUE_NAMES.test(path))
    .map(({ path }) => `${path}: a vague name; name the idea`);
  for (const { path, lines } of files) {
    const isLong = lines > limit;
    if (isLong && longFiles[path] === undefined) {
      problems.push(`${path}: ${lines} lines, more than ${limit}; split it, or list it with a reason`);
    }
    if (!isLong && longFiles[path] !== undefined) problems.push(`${path}: is listed as long and is not`);
  }
  return problems;
}
