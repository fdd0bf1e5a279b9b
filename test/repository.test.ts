import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { brokenLinks } from './support/markdown-links.ts';
import { readText, repositoryFiles } from './support/repository-files.ts';

const ROOT = join(import.meta.dirname, '..');

/** Licences that a program under MIT can ship with. */
const PERMISSIVE = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
  'PSF-2.0',
  'Zlib',
]);

const lockedPackage = v.object({
  version: v.string(),
  integrity: v.optional(v.string()),
  resolved: v.optional(v.string()),
  license: v.optional(v.string()),
  dev: v.optional(v.boolean()),
  hasInstallScript: v.optional(v.boolean()),
  optionalDependencies: v.optional(v.record(v.string(), v.string()), {}),
});
const lockFile = v.object({ packages: v.record(v.string(), v.unknown()) });
const packageFile = v.object({
  allowScripts: v.record(v.string(), v.boolean()),
  scripts: v.record(v.string(), v.string()),
});

/** Every `file:line` of the repository whose text matches. */
function linesMatching(pattern: RegExp, isIncluded: (path: string) => boolean = () => true): string[] {
  return repositoryFiles(ROOT)
    .filter((path) => path !== 'package-lock.json' && isIncluded(path))
    .flatMap((path) =>
      (readText(ROOT, path) ?? '')
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
}

describe('The repository', () => {
  it('holds no notes to self', () => {
    // Bracketed, so that the pattern does not find itself.
    assert.deepEqual(linesMatching(/\b(?:TO[D]O|FIX[M]E)\b/), []);
  });

  it('has no exclusive test', () => {
    assert.deepEqual(linesMatching(/\b(?:describe|context|it|specify)[.]only\(/), []);
  });

  it('has files for each pattern of its test commands', () => {
    const { scripts } = v.parse(packageFile, readJson('package.json'));
    const patterns = Object.values(scripts).flatMap(
      (script) => script.match(/test\/[^ "]+\.test\.ts/g) ?? [],
    );
    assert.notDeepEqual(patterns, []);
    // Mocha takes a pattern for the name of a file where it has no asterisk, and skips it when there is none.
    const isEmpty = (pattern: string) =>
      (!pattern.includes('*') && /[{}]/.test(pattern)) || globSync(pattern, { cwd: ROOT }).length === 0;
    assert.deepEqual(patterns.filter(isEmpty), []);
  });

  it('names no path of a developer’s machine', () => {
    assert.deepEqual(
      linesMatching(/(?<![\w.:/-])\/(?:home|Users|root|work|workspace|mnt)\/|\b[A-Z]:\\Users\\/),
      [],
    );
  });

  it('has no dead link in its Markdown', () => {
    const pages = repositoryFiles(ROOT).filter((path) => path.endsWith('.md'));
    assert.deepEqual(
      pages.flatMap((path) => brokenLinks(ROOT, path)),
      [],
    );
  });
});

describe('The dependencies', () => {
  const { allowScripts } = v.parse(packageFile, readJson('package.json'));
  const { packages } = v.parse(lockFile, readJson('package-lock.json'));
  const installed = Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({ path, name: nameOf(path), locked: v.parse(lockedPackage, entry) }));

  /** `name@version: fact` of the packages for which the fact is true. */
  const those = (fact: (locked: v.InferOutput<typeof lockedPackage>) => string | false): string[] =>
    installed.flatMap(({ name, locked }) => {
      const text = fact(locked);
      return text === false ? [] : [`${name}@${locked.version}: ${text}`];
    });

  it('are locked, each with its integrity', () => {
    assert.notEqual(installed.length, 0);
    assert.deepEqual(
      those(({ integrity }) => !integrity?.startsWith('sha512-') && `integrity ${integrity}`),
      [],
    );
  });

  it('are locked for every platform', () => {
    // `npm ci` refuses a lock file that leaves out the builds of other platforms ("Missing: … from lock file").
    const isLocked = (path: string): boolean => packages[path] !== undefined;
    const missing = installed.flatMap(({ path, locked }) =>
      Object.keys(locked.optionalDependencies)
        .filter((name) => !isLocked(`${path}/node_modules/${name}`) && !isLocked(`node_modules/${name}`))
        .map((name) => `${nameOf(path)}: ${name}`),
    );
    assert.deepEqual(missing, []);
  });

  it('come from the public registry', () => {
    assert.deepEqual(
      those(
        ({ resolved }) =>
          resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/') && resolved,
      ),
      [],
    );
  });

  it('have permissive licences where they ship', () => {
    assert.deepEqual(
      those(({ dev, license }) => dev !== true && !isPermissive(license) && `licence ${license}`),
      [],
    );
  });

  it('run an install script only where package.json allows it by name', () => {
    const withScripts = installed.filter(({ locked }) => locked.hasInstallScript === true);
    assert.deepEqual(
      Object.keys(allowScripts).sort(),
      [...new Set(withScripts.map(({ name }) => name))].sort(),
    );
    // Where npm knows it; otherwise it warns, and runs them.
    assert.match(readText(ROOT, '.npmrc') ?? '', /^strict-allow-scripts=true$/m);
  });
});

describe('The check of Markdown links', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'signet-links-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  it('finds links to files and headings that do not exist', () => {
    write('docs/guide.md', '# A guide\n\n## Keys & *rings*\n');
    write(
      'README.md',
      [
        '[good](docs/guide.md#keys--rings) [also](<docs/guide.md> "title") [top](#signet) [out](https://example.com/x)',
        '# Signet',
        '[gone](docs/gone.md) ![picture](docs/gone.png) [no heading](docs/guide.md#locks) <img src="gone.svg">',
        '',
        '[ref]: gone.txt',
        '`[code](in-code.md)`',
        '```\n[fenced](in-fence.md)\n```',
      ].join('\n'),
    );
    assert.deepEqual(
      brokenLinks(root, 'README.md'),
      ['docs/gone.md', 'docs/gone.png', 'docs/guide.md#locks', 'gone.txt', 'gone.svg'].map(
        (link) => `README.md: ${link} does not exist`,
      ),
    );
  });

  it('starts at the file that has the link', () => {
    write('README.md', '# Signet');
    write('docs/guide.md', '[up](../README.md#signet) [wrong](README.md)');
    assert.deepEqual(brokenLinks(root, 'docs/guide.md'), ['docs/guide.md: README.md does not exist']);
  });
});

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

/** `node_modules/a/node_modules/@b/c` → `@b/c` */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** An SPDX expression of which every licence is permissive, or with `OR` one of the alternatives. */
function isPermissive(expression: string | undefined): boolean {
  const alternatives = expression?.replaceAll(/[()]/g, '').split(' OR ') ?? [];
  return alternatives.some((all) => all.split(' AND ').every((licence) => PERMISSIVE.has(licence)));
}
