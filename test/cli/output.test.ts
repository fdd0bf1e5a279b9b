import assert from 'node:assert/strict';
import { widthOf } from '../../src/cli/output.ts';

describe('A table of a command', () => {
  it('is as wide as the terminal, and not truncated for a file or a terminal without a width', () => {
    const terminals = [
      { isTTY: true, columns: 100 },
      { isTTY: true, columns: 0 },
      { isTTY: true },
      { columns: 100 },
    ];
    assert.deepEqual(terminals.map(widthOf), [100, Infinity, Infinity, Infinity]);
  });
});
