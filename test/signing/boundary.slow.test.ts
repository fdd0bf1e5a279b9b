import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readSourceTree } from '../support/source-tree.ts';

const PKCS11 = 'src/signing/signers/pkcs11/';

describe('The code for PKCS#11', () => {
  it('is imported by one file outside its folder, and imports only ports of signing', () => {
    const files = readSourceTree(join(import.meta.dirname, '../..'), ['src']);
    const isInside = (path: string): boolean => path.startsWith(PKCS11);
    const importers = files.filter(
      ({ path, imports }) => !isInside(path) && imports.some(({ target }) => isInside(target)),
    );
    assert.deepEqual(
      importers.map(({ path }) => path),
      ['src/signing/signers/attach-hsm.ts'],
    );
    const used = files
      .filter(({ path }) => isInside(path))
      .flatMap(({ imports }) => imports.map(({ target }) => target))
      .filter((target) => target.startsWith('src/') && !isInside(target));
    assert.deepEqual([...new Set(used)].sort(), [
      'src/config/config.ts',
      'src/config/pkcs11-uri.ts',
      'src/signing/algorithms.ts',
      'src/signing/errors.ts',
      'src/signing/key-source.ts',
      'src/signing/key-strength.ts',
      'src/signing/stored-key.ts',
    ]);
  });
});
