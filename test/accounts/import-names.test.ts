import assert from 'node:assert/strict';
import { readEntries } from '../../src/accounts/imports/file-entries.ts';

describe('The entries of a file of accounts', () => {
  it('are refused where an object has a name twice, of which a parser takes the last', () => {
    const refused = (text: string) =>
      readEntries(text).flatMap(({ where, value }) =>
        typeof value[''] === 'string' ? `${where}: ${value['']}` : [],
      );
    const entries = [
      '{"username":"a","username":"b"}',
      String.raw`{"username":"c","claims":{"em\u0061il":"c@example.com","email":"d@example.com"}}`,
      String.raw`{"username":"e","x":[{"country":"{\"a\":1,\"a\":2}"},{"country":"b"}],"note":"a\"b\":"}`,
    ];
    const reasons = [1, 2].map(
      (number, index) => `${number}: it has the name "${['username', 'email'][index]}" twice in one object`,
    );
    assert.deepEqual(
      refused(entries.join('\n')),
      reasons.map((reason) => `line ${reason}`),
    );
    for (const document of [`[${entries.join()}]`, `{"realm":"x","users":[${entries.join()}]}`])
      assert.deepEqual(
        refused(document),
        reasons.map((reason) => `user ${reason}`),
      );
    assert.throws(
      () => readEntries('{"users":[],"users":[]}'),
      /^Error: it has the name "users" twice in one object$/,
    );
  });
});
