import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Child processes that run a script of this directory and exchange messages with the test over IPC. */

/** Starts processes and waits for the first message of each. */
export async function startChildren(script: string, address: string, count: number): Promise<ChildProcess[]> {
  const children = Array.from({ length: count }, () => fork(join(import.meta.dirname, script), [address]));
  await Promise.all(children.map(ready));
  return children;
}

async function ready(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('a child process ended before it was ready');
  });
  await Promise.race([once(child, 'message'), ended]);
}

/** Sends a message to each process at the same time and waits for all answers. */
export async function askAll<Answer>(
  children: readonly ChildProcess[],
  message: (index: number) => object,
): Promise<Answer[]> {
  const answers = children.map(async (child): Promise<Answer> => {
    const [answer] = await once(child, 'message');
    return answer;
  });
  for (const [index, child] of children.entries()) child.send(message(index));
  return Promise.all(answers);
}

/** Stops the processes and waits until they have exited. */
export async function stopChildren(children: readonly ChildProcess[]): Promise<void> {
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  const gone = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill();
  await Promise.all(gone);
}
