/**
 * Runs tasks, several at a time. Tasks with the same `alias` run one at a time, because the suite ends a module when another one takes its
 * alias. Tasks that run `alone` run last, one at a time.
 */

export interface Task {
  alias: string | undefined;
  alone: boolean;
  run(): Promise<void>;
}

/** @throws the first error of a task; the tasks that are not yet started are left out then */
export async function runTasks(tasks: readonly Task[], parallel: number): Promise<void> {
  const waiting = tasks.filter(({ alone }) => !alone);
  const busy = new Set<string>();
  let changed = Promise.withResolvers<void>();
  const take = (): Task | undefined => {
    const index = waiting.findIndex(({ alias }) => alias === undefined || !busy.has(alias));
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  };
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const task = take();
      if (task === undefined) {
        await changed.promise;
        continue;
      }
      const { alias } = task;
      if (alias !== undefined) busy.add(alias);
      try {
        await task.run();
      } catch (error) {
        waiting.length = 0;
        throw error;
      } finally {
        if (alias !== undefined) busy.delete(alias);
        changed.resolve();
        changed = Promise.withResolvers();
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  for (const task of tasks.filter(({ alone }) => alone)) await task.run();
}
