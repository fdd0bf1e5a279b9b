import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { runTasks, type Task } from '../../conformance/suite/queue.ts';

describe('The queue of modules', () => {
  /** Which tasks ran at the same time, one list for each moment at which that changed. */
  async function moments(
    tasks: readonly Pick<Task, 'alias' | 'alone'>[],
    parallel: number,
  ): Promise<string[]> {
    const running = new Set<number>();
    const seen = new Set<string>();
    const started = tasks.map((task, index) => ({
      ...task,
      run: async () => {
        running.add(index);
        seen.add([...running].toSorted((a, b) => a - b).join());
        for (let turns = 0; turns < 3; turns += 1) await turn();
        running.delete(index);
      },
    }));
    await runTasks(started, parallel);
    return [...seen];
  }

  const task = (alias?: string, alone = false) => ({ alias, alone });

  it('runs two at a time', async () => {
    assert.deepEqual(
      (await moments([task(), task(), task()], 2)).filter((each) => each.length > 1),
      ['0,1', '1,2'],
    );
  });

  it('runs those of one alias one at a time, beside those of another', async () => {
    const together = await moments([task('a'), task('a'), task('b')], 3);
    assert.ok(together.includes('0,2'));
    assert.ok(together.every((each) => !/0.*1/.test(each)));
  });

  it('runs the one that rotates the keys last and alone', async () => {
    const together = await moments([task(undefined, true), task(), task()], 3);
    assert.deepEqual(
      together.filter((each) => each.includes('0')),
      ['0'],
    );
    assert.equal(together.at(-1), '0');
  });

  it('stops at the first error', async () => {
    let later = false;
    const failing = { ...task('a'), run: () => Promise.reject(new Error('the suite is gone')) };
    const next = { ...task('a'), run: () => Promise.resolve(void (later = true)) };
    await assert.rejects(runTasks([failing, next], 1), /the suite is gone/);
    assert.equal(later, false);
  });
});
