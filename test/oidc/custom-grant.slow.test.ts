import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { itLong } from '../support/long-form.ts';
import type { SourceCopy } from '../support/source-copy.ts';
import { sourceWithEcho } from './echo-source.ts';

describe('A grant that is a file of its own, for the compiler', function () {
  this.timeout(120_000);
  let source: SourceCopy;
  before(() => {
    source = sourceWithEcho();
    const path = join(source.directory, 'tsconfig.json');
    const settings = JSON.parse(readFileSync(path, 'utf8'));
    // What uses the list, the grant, and the declarations that the others need.
    settings.include = ['src/oidc/provider.ts', 'src/oidc/grants/echo.ts', 'src/http/host.ts'];
    settings.compilerOptions.types = ['node'];
    // It is a link to the one of the repository.
    rmSync(path);
    writeFileSync(path, JSON.stringify(settings));
  });
  after(() => source.remove());

  const compile = (): string => {
    const tsc = join(source.directory, 'node_modules/.bin/tsc');
    return spawnSync(tsc, ['--noEmit'], { cwd: source.directory, encoding: 'utf8' }).stdout;
  };

  // In the short form, the other case shows it: that its second entry is missing is the only error.
  itLong('is complete with its two entries', () => {
    assert.equal(compile(), '');
  });

  it('does not compile without its entry in the list of grants', () => {
    const path = join(source.directory, 'src/oidc/grants/grants.ts');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^.*\becho\b.*\n/gm, ''));
    const [error = '', ...more] = compile().split(/\n(?=\S)/);
    assert.match(error, /^src\/oidc\/provider\.ts\(\d+,\d+\): error TS2741: Property '"urn:example:echo"'/);
    assert.deepEqual(more, []);
  });
});
