import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fillIn } from '../../docs/generate-configuration.ts';
import { KNOWN_VARIABLES } from '../../src/config/env.ts';
import { codeSpans } from '../support/markdown.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

describe('docs/configuration.md', () => {
  it('has the keys, types, defaults and sentences of the schema', () => {
    assert.equal(page, fillIn(page), 'generate it: npx node docs/generate-configuration.ts');
  });

  it('is refused when the table of a section is missing or unknown', () => {
    assert.throws(() => fillIn(''), /there is no table of top/);
    assert.throws(() => fillIn('<!-- keys: nothing -->\n<!-- end -->'), /nothing is no section/);
  });

  it('names every variable', () => {
    assert.deepEqual(new Set(KNOWN_VARIABLES).difference(new Set(codeSpans(page))), new Set());
  });
});
