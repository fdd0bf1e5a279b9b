import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillIn, fillInReadme } from '../../docs/generate-specifications.ts';
import { SPECIFICATIONS } from '../../docs/specifications.ts';
import { FEATURES } from '../../src/oidc/provider.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('docs/specifications.md', () => {
  it('is generated from the list of features', () => {
    const page = readFileSync(join(ROOT, 'docs/specifications.md'), 'utf8');
    assert.equal(page, fillIn(page));
  });

  it('and so is the table of the README', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    assert.equal(readme, fillInReadme(readme));
  });

  it('has no specification that no feature names', () => {
    const named = new Set<string>(FEATURES.flatMap(({ spec }) => spec));
    assert.deepEqual(
      Object.keys(SPECIFICATIONS).filter((name) => !named.has(name)),
      [],
    );
  });

  for (const [name, { test, page }] of Object.entries(SPECIFICATIONS)) {
    it(`names a test and a page of ${name} that exist`, () => {
      assert.ok(existsSync(join(ROOT, 'test', test)), test);
      assert.match(test, /\.test\.ts$/);
      assert.ok(existsSync(join(ROOT, 'docs', page)), page);
    });
  }
});
