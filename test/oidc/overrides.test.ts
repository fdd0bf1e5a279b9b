import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Provider } from 'oidc-provider';
import { OVERRIDES, type OverriddenMember } from '../../src/oidc/overridden-members.ts';
import { override, overrideConstructor } from '../../src/oidc/overrides.ts';
import { readSourceTree } from '../support/source-tree.ts';

const ROOT = join(import.meta.dirname, '../..');
const ENGINE = join(ROOT, 'node_modules/oidc-provider/lib');
const names = Object.keys(OVERRIDES) as OverriddenMember[];

describe('the register of overridden engine members', () => {
  for (const name of names) {
    const { by, engineFile, test } = OVERRIDES[name];
    const member = name.split('.').at(-1) ?? '';

    it(`${name} is overridden by ${by}, is in ${engineFile} of the engine, and has a test`, () => {
      const source = readFileSync(join(ROOT, 'src/oidc', by), 'utf8');
      assert.ok(source.includes(name.startsWith('Provider.') ? `override ${member}(` : `'${name}'`));
      assert.match(readFileSync(join(ENGINE, engineFile), 'utf8'), new RegExp(`\\b${member}\\b`));
      assert.ok(existsSync(join(ROOT, test)), test);
    });
  }

  it('names every file that overrides a member', () => {
    const files = readSourceTree(ROOT, ['src/oidc'])
      .filter(
        ({ path, imports }) =>
          imports.some(({ target }) => target === 'src/oidc/overrides.ts') &&
          path !== 'src/oidc/overrides.ts',
      )
      .map(({ path }) => path.slice('src/oidc/'.length));
    const registered = names
      .filter((name) => !name.startsWith('Provider.'))
      .map((name) => OVERRIDES[name].by);
    const throttling = 'client-auth/throttling.ts';
    assert.deepEqual(files.toSorted(), [...new Set([...registered, throttling])].toSorted());
  });

  it('stops the start when the engine has no such member', () => {
    const provider = new Provider('https://id.example');
    Object.defineProperty(provider.Client, 'find', { value: undefined });
    assert.throws(
      () => override(provider, 'Client.find', (find) => find),
      new TypeError('this version of oidc-provider has no Client.find, which Signet overrides'),
    );
  });

  it('stops the start when a class of the engine extends another one than before', () => {
    const provider = new Provider('https://id.example');
    assert.throws(
      () => overrideConstructor(provider, 'BaseModel.constructor', ['BaseToken', 'Client'], () => {}),
      new TypeError('this version of oidc-provider has no BaseModel.constructor, which Signet overrides'),
    );
  });
});
