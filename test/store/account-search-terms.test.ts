import assert from 'node:assert/strict';
import { prepareFilter, termsOf } from '../../src/store/account-search/terms.ts';
import { normalizedLengths } from '../support/normalized-texts.ts';

describe('Terms of accounts', () => {
  it('are made of the first 1,024 characters of a name, so that a long one does not stop the process', () => {
    const marks = '\u0315\u0316'.repeat(4000);
    const name = `${'a'.repeat(1000)} Liddell ${marks}`;
    let terms: string[] = [];
    const lengths = normalizedLengths(() => {
      terms = termsOf({ username: 'alice', claims: { name, given_name: name, family_name: name } });
      prepareFilter({ search: `liddell${marks}` });
    });
    assert.ok(lengths.length > 0);
    assert.deepEqual(
      lengths.filter((length) => length > 1024),
      [],
    );
    assert.ok(terms.some((term) => term.startsWith('liddell')));
  });
});
