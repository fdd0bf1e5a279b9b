import assert from 'node:assert/strict';
import { join } from 'node:path';
import { dependencyViolations, sizeAndNameViolations } from './support/architecture.ts';
import { parseSource, readSizes, readSourceTree } from './support/source-tree.ts';

const ROOT = join(import.meta.dirname, '..');

/** Files that may be longer than 300 lines, and why. */
const LONG_FILES: Readonly<Record<string, string>> = {};

/** The violations in a made-up tree of path → content. */
function violations(tree: Readonly<Record<string, string>>): string[] {
  return dependencyViolations(Object.entries(tree).map(([path, text]) => parseSource(path, text)));
}

describe('Architecture', () => {
  it('keeps the dependency rule', () => {
    assert.deepEqual(dependencyViolations(readSourceTree(ROOT, ['src'])), []);
  });

  it('limits the size of files and refuses vague names', () => {
    assert.deepEqual(
      sizeAndNameViolations(readSizes(ROOT, ['src', 'test', 'bench', 'conformance']), LONG_FILES),
      [],
    );
  });
});

describe('The dependency rule', () => {
  it('lets each layer import itself and those below', () => {
    assert.deepEqual(
      violations({
        'src/main.ts': `import './cli/serve.ts';`,
        'src/cli/serve.ts': `import '../app/server.ts'; import '../store/open.ts'; await import('./user.ts');`,
        'src/cli/user.ts': `import '../accounts/accounts.ts'; process.exitCode = 1;`,
        'src/app/server.ts': `import '../interactions/routes.ts'; import '../store/open.ts';`,
        'src/interactions/routes.ts': `import Koa from 'koa'; import '../oidc/provider.ts'; import './pending.ts';`,
        'src/oidc/provider.ts': `import 'oidc-provider'; import '../http/paths.ts'; import '../accounts/accounts.ts';`,
        'src/http/problem.ts': `import '../pages/render.ts';`,
        'src/pages/render.ts': `import '../config/config.ts';`,
        'src/accounts/accounts.ts': `import type { Store } from '../store/store.ts'; import '../config/config.ts';`,
        'src/store/open.ts': `import './sqlite/store.ts'; import './redis/store.ts';`,
        'src/store/sqlite/store.ts': `import '../store.ts'; import './database.ts';`,
        'src/store/sqlite/database.ts': `import 'node:sqlite';`,
        'src/store/redis/store.ts': `import 'ioredis';`,
        'src/resource-server/main.ts': `import Koa from '@koa/router'; import './check.ts'; process.exit();`,
      }),
      [],
    );
  });

  const breaches: [title: string, path: string, text: string, violation: string][] = [
    [
      'an import from a layer above',
      'src/accounts/accounts.ts',
      `import '../http/problem.ts';`,
      'imports src/http/problem.ts, which only http and the layers above may',
    ],
    [
      'a type import from a layer above',
      'src/store/store.ts',
      `import type { A } from '../clients/a.ts';`,
      'imports src/clients/a.ts, which only accounts, clients, signing, audit, limits, jobs, mail and the layers above may',
    ],
    [
      'a type named by import() from a layer above',
      'src/app/server.ts',
      `type A = import('../main.ts').A;`,
      'imports src/main.ts, which only main.ts may',
    ],
    [
      'a re-export from a layer above',
      'src/config/config.ts',
      `export { a } from '../cli/a.ts';`,
      'imports src/cli/a.ts, which only cli and the layers above may',
    ],
    [
      'the engine reached from HTTP',
      'src/http/csrf.ts',
      `import '../oidc/provider.ts';`,
      'imports src/oidc/provider.ts, which only oidc and the layers above may',
    ],
    [
      'interactions reached from the engine',
      'src/oidc/provider.ts',
      `import '../interactions/routes.ts';`,
      'imports src/interactions/routes.ts, which only account-pages, interactions and the layers above may',
    ],
    [
      'an implementation of the store reached past its port',
      'src/oidc/adapter.ts',
      `import '../store/sqlite/artifacts.ts';`,
      'imports src/store/sqlite/artifacts.ts, which only store may',
    ],
    [
      'the store opened outside the composition root',
      'src/http/problem.ts',
      `import '../store/open.ts';`,
      'imports src/store/open.ts, which only cli, app, store may',
    ],
    [
      'the engine outside oidc/',
      'src/interactions/login.ts',
      `import type Provider from 'oidc-provider';`,
      'imports oidc-provider, which only oidc may',
    ],
    [
      'a deep import of the engine',
      'src/http/problem.ts',
      `await import('oidc-provider/lib/helpers/errors.js');`,
      'imports oidc-provider/lib/helpers/errors.js, which only oidc may',
    ],
    [
      'HTTP in a noun',
      'src/clients/clients.ts',
      `import { bodyParser } from '@koa/bodyparser';`,
      'imports @koa/bodyparser, which only app, account-pages, interactions, oidc, http, pages, resource-server, sample-app may',
    ],
    [
      'Redis outside its folder',
      'src/store/open.ts',
      `import { Redis } from 'ioredis';`,
      'imports ioredis, which only store/redis may',
    ],
    [
      'SQLite outside its folder',
      'src/store/open.ts',
      `import { DatabaseSync } from 'node:sqlite';`,
      'imports node:sqlite, which only store/sqlite may',
    ],
    [
      'the process as a global',
      'src/http/problem.ts',
      `export const env = process.env;`,
      'touches process, which only main.ts, cli, workers, resource-server/main.ts, sample-app/main.ts may',
    ],
    [
      'the process through globalThis',
      'src/app/server.ts',
      `globalThis.process.on('SIGTERM', () => {});`,
      'touches process, which only main.ts, cli, workers, resource-server/main.ts, sample-app/main.ts may',
    ],
    [
      'the process by its module',
      'src/sample-app/app.ts',
      `import { env } from 'node:process';`,
      'imports node:process, which only main.ts, cli, workers, resource-server/main.ts, sample-app/main.ts may',
    ],
    [
      'a sample that imports the server',
      'src/resource-server/main.ts',
      `import '../config/config.ts';`,
      'imports src/config/config.ts, which only the server and its commands may',
    ],
    [
      'a sample that imports the other',
      'src/sample-app/main.ts',
      `import '../resource-server/check.ts';`,
      'imports src/resource-server/check.ts, which only resource-server may',
    ],
    [
      'the server importing a sample',
      'src/cli/dev.ts',
      `import '../sample-app/main.ts';`,
      'imports src/sample-app/main.ts, which only sample-app may',
    ],
    [
      'an import from outside src',
      'src/app/server.ts',
      `import '../../test/support/clock.ts';`,
      'imports test/support/clock.ts, which only files outside src may',
    ],
    [
      'a computed import',
      'src/cli/serve.ts',
      `await import(name);`,
      'imports something computed, which cannot be checked',
    ],
    [
      'a folder without a layer',
      'src/post/mailer.ts',
      `export const a = 1;`,
      'is in no layer; give post its place in test/support/architecture.ts',
    ],
  ];
  for (const [title, path, text, violation] of breaches) {
    it(`refuses ${title}`, () => {
      assert.deepEqual(violations({ [path]: text }), [`${path}: ${violation}`]);
    });
  }

  it('refuses a second file that imports SQLite', () => {
    const text = `import 'node:sqlite';`;
    assert.deepEqual(violations({ 'src/store/sqlite/a.ts': text, 'src/store/sqlite/b.ts': text }), [
      'src/store/sqlite/b.ts: imports node:sqlite, which only one file may, and src/store/sqlite/a.ts does',
    ]);
  });

  it('refuses a cycle of imports, also one of types', () => {
    const tree = {
      'src/http/a.ts': `import './b.ts';`,
      'src/http/b.ts': `import type { C } from './c.ts';`,
      'src/http/c.ts': `export * from './a.ts';`,
    };
    assert.deepEqual(violations(tree), [
      'src/http/a.ts: imports itself around src/http/a.ts → src/http/b.ts → src/http/c.ts → src/http/a.ts',
    ]);
  });

  it('ignores comments, strings and member names', () => {
    const text = [
      `// import 'ioredis'; process.exit()`,
      'export const text = `import "koa"; ${"process.env"}`;',
      `export const job = { process: () => /import 'ioredis'/ };`,
      'job.process();',
    ].join('\n');
    assert.deepEqual(violations({ 'src/accounts/accounts.ts': text }), []);
  });
});

describe('The rule for sizes and names', () => {
  const lines = (count: number): string => 'export {};\n'.repeat(count);

  it('refuses a file over 300 lines unless a reason is listed', () => {
    const files = [
      parseSource('src/a.ts', lines(300)),
      parseSource('src/b.ts', lines(301)),
      parseSource('src/c.ts', lines(301)),
    ];
    assert.deepEqual(sizeAndNameViolations(files, { 'src/c.ts': 'a table' }), [
      'src/b.ts: 301 lines, more than 300; split it, or list it with a reason',
    ]);
  });

  it('refuses a listed file that is short', () => {
    assert.deepEqual(sizeAndNameViolations([parseSource('src/a.ts', lines(2))], { 'src/a.ts': 'a table' }), [
      'src/a.ts: is listed as long and is not',
    ]);
  });

  for (const path of ['src/utils/a.ts', 'src/http/helpers.ts', 'src/common.ts', 'test/misc/a.ts']) {
    it(`refuses the name ${path}`, () => {
      assert.deepEqual(sizeAndNameViolations([parseSource(path, '')], {}), [
        `${path}: a vague name; name the idea`,
      ]);
    });
  }

  it('accepts names that only start with a vague word', () => {
    assert.deepEqual(sizeAndNameViolations([parseSource('src/http/common-headers.ts', '')], {}), []);
  });
});
