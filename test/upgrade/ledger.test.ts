import assert from 'node:assert/strict';
import { Ledger } from './ledger.ts';

describe('The ledger of an upgrade', () => {
  it('counts checks, and keeps the circumstances of a broken promise', () => {
    const said: string[] = [];
    const ledger = new Ledger((line) => said.push(line));
    assert.equal(
      ledger.check('replay', true, () => 'unused'),
      true,
    );
    assert.equal(
      ledger.check('replay', false, () => 'another answer at the new version'),
      false,
    );
    assert.deepEqual(ledger.promises.get('replay'), { checks: 2, broken: 1 });
    assert.equal(ledger.failures, 1);
    assert.deepEqual(said, ledger.broken);
    assert.match(said.join(), /^\S+Z replay: another answer at the new version$/);
    assert.match(ledger.summary().join('\n'), /✗ a repeated refresh .*: 1 broken of 2 checked\n/);
    assert.match(ledger.summary().join('\n'), /✓ a session .*: 0 broken of 0 checked\n/);
  });

  it('counts an operation also when it fails', async () => {
    const ledger = new Ledger();
    await ledger.time('refresh', () => Promise.resolve());
    await assert.rejects(ledger.time('refresh', () => Promise.reject(new Error('no answer'))));
    assert.equal(ledger.operations.get('refresh')?.count, 2);
  });
});
