import { parentPort } from 'node:worker_threads';
import type { PasswordProblem } from './password-problem.ts';
import { guessabilityProblems } from './password-rules.ts';

/** The thread of `password-judge.ts`. */

export interface JudgeRequest {
  password: string;
  names: readonly string[];
}

export type JudgeReply = { problems: PasswordProblem[] } | { error: string };

const port = parentPort;

port?.on('message', ({ number, ...request }: JudgeRequest & { number: number }) => {
  void answer(request).then((reply) => port.postMessage({ number, ...reply }, []));
});

async function answer({ password, names }: JudgeRequest): Promise<JudgeReply> {
  try {
    return { problems: await guessabilityProblems(password, names) };
  } catch (error) {
    // Its message could contain the password.
    return { error: error instanceof Error ? error.name : 'unknown error' };
  }
}
