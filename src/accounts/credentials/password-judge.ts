import { ThreadCaller } from './thread-caller.ts';
import type { JudgeReply, JudgeRequest } from './password-judge-thread.ts';
import type { PasswordProblem } from './password-problem.ts';

const thread = new ThreadCaller<JudgeRequest, JudgeReply>({
  entry: new URL('./password-judge-thread.ts', import.meta.url),
  name: 'passwords',
  idle: 30_000,
});

/**
 * Applies the rules for new passwords (`password-rules.ts`) in a thread: its lists take 100 ms to load and 40 MB, and a judgement takes up to
 * 70 ms, in which the event loop would sign no token.
 * @param names the username and the names of the service
 * @returns one problem per rule that the password violates
 */
export async function judgePassword(password: string, names: readonly string[]): Promise<PasswordProblem[]> {
  const reply = await thread.call({ password, names });
  if ('problems' in reply) return reply.problems;
  throw new Error(`the password could not be judged: ${reply.error}`);
}
