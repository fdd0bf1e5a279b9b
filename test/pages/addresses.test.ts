import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../support/repository-files.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('an address of this server', () => {
  it('is no literal in a template: the path of the issuer comes first', () => {
    const templates = readdirSync(join(ROOT, 'views'), { recursive: true }).map(String);
    const found = templates
      .filter((name) => name.endsWith('.eta'))
      .filter((name) => /(?:href|src|action)="\//.test(readFileSync(join(ROOT, 'views', name), 'utf8')));
    assert.deepEqual(found, []);
  });

  it('is no literal in a redirect', () => {
    const found = repositoryFiles(ROOT)
      .filter((path) => /^src\/(?!sample-app|resource-server).*\.ts$/.test(path))
      .filter((path) => /\.redirect\(['"`]\//.test(readFileSync(join(ROOT, path), 'utf8')));
    assert.deepEqual(found, []);
  });
});
