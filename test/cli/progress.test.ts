import assert from 'node:assert/strict';
import { createProgress, withProgress } from '../../src/cli/progress.ts';

describe('The progress of a command', () => {
  /** @param isTTY whether standard error is a terminal; the output of the command may be a file all the same */
  function follow(isTTY: boolean, total?: number) {
    let written = '';
    let time = 0;
    const terminal = { isTTY, write: (text: string) => (written += text) };
    const progress = createProgress('accounts added', total, {
      terminal,
      now: () => time,
    });
    return {
      progress,
      after: (milliseconds: number, count = 1): string => {
        written = '';
        time += milliseconds;
        progress.advance(count);
        return written;
      },
      ended: (): string => {
        written = '';
        progress.end();
        return written;
      },
    };
  }

  it('appears after two seconds, five times a second, and is removed', () => {
    const { after, ended } = follow(true, 10_000);
    assert.equal(after(1999), '');
    assert.equal(after(1, 1233), '\r1,234 of 10,000 accounts added');
    assert.equal(after(199), '');
    assert.equal(after(1), '\r1,236 of 10,000 accounts added');
    assert.equal(ended(), `\r${' '.repeat('1,236 of 10,000 accounts added'.length)}\r`);
  });

  it('is not there for a fast command, nor where standard error is no terminal', () => {
    assert.equal(follow(true).ended(), '');
    const { after, ended } = follow(false);
    assert.equal(after(5000) + ended(), '');
  });

  it('follows a list of unknown length, and ends with it', async () => {
    const { progress, after, ended } = follow(true);
    assert.equal(after(3000, 0), '\r0 accounts added');
    const elements = async function* () {
      yield* await Promise.resolve(['a', 'b']);
    };
    const seen: string[] = [];
    for await (const element of withProgress(elements(), progress)) seen.push(element);
    assert.deepEqual(seen, ['a', 'b']);
    assert.equal(ended(), '');
  });
});
