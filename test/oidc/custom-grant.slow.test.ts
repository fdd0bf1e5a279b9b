import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceCopy } from '../support/source-copy.ts';
import { sourceWithEcho } from './echo-source.ts';

describe('A grant that is a file of its own, for the compiler', function () {
  this.timeout(120_000);
  let source: SourceCopy;
  before(() => {
    source = sourceWithEcho();
    const path = join(source.directory, 'tsconfig.json');
    const settings = { ...JSON.parse(readFileSync(path, 'utf8')), include: ['src/app/handler.ts'] };
    // What a server is made of. The second time, only what depends on a changed file is checked.
    settings.compilerOptions = {
      ...settings.compilerOptions,
      incremental: true,
      tsBuildInfoFile: '.tsbuildinfo',
    };
    // It is a link to the one of the repository.
    rmSync(path);
    writeFileSync(path, JSON.stringify(settings));
  });
  after(() => source.remove());

  const compile = (): string => {
    const tsc = join(source.directory, 'node_modules/.bin/tsc');
    return spawnSync(tsc, ['--noEmit'], { cwd: source.directory, encoding: 'utf8' }).stdout;
  };

  it('is complete with its two entries', () => {
    assert.equal(compile(), '');
  });

  it('does not compile without its entry in the list of grants', () => {
    const path = join(source.directory, 'src/oidc/grants/grants.ts');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^.*\becho\b.*\n/gm, ''));
    assert.match(
      compile(),
      /^src\/oidc\/provider\.ts\(\d+,\d+\): error TS2741: Property '"urn:example:echo"'/,
    );
  });
});
