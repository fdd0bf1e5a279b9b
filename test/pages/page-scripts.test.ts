import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Script } from 'node:vm';
import { linkScript } from '../../src/pages/page-scripts.ts';
import { createPages } from '../../src/pages/views.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('the scripts of pages', () => {
  const { scripts } = createPages({
    brand: { name: 'Signet' },
    development: false,
    assets: { url: (name) => `/assets/${name}` },
  });

  it('have what they share in place of its import, and no comments', () => {
    const partials: Record<string, string> = {
      one: '// One.\nexport const one = 1;\n',
      two: 'document.title = "two";\n',
    };
    const script =
      "import { one } from './partials/one.js';\nimport './partials/two.js';\n\n// Says it.\nsay(one, 'https://a');\n";
    assert.equal(
      linkScript(script, (name) => partials[name] ?? ''),
      'const one = 1;\ndocument.title = "two";\nsay(one, \'https://a\');\n',
    );
  });

  it('are scripts without modules, which one element of the page can hold', () => {
    const files = globSync('views/*.js', { cwd: ROOT }).map((path) => basename(path, '.js'));
    assert.deepEqual(Object.keys(scripts).toSorted(), files.toSorted());
    for (const [name, script] of Object.entries(scripts)) {
      assert.doesNotThrow(() => new Script(script), name);
      assert.doesNotMatch(script, /^(?:import|export)\b|<\/script/m, name);
    }
  });

  it('are no more than the sign-in page had when its script stood alone: 2,200 bytes', () => {
    assert.ok((scripts.login ?? '').length < 2200, `${scripts.login?.length}`);
  });
});
