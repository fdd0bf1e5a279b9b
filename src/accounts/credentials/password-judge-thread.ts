import { parentPort } from 'node:worker_threads';
import type { PasswordProblem } from './password-problem.ts';
import { guessabilityProblems } from './password-rules.ts';

/** The thread of `password-judge.ts`. */

export interface JudgeRequest {
  number: number;
  password: string;
  names: readonly string[];
}

export type JudgeReply = { number: number } & ({ problems: PasswordProblem[] } | { error: string });

const port = parentPort;

port?.on('message', (request: JudgeRequest) => {
  void answer(request).then((reply) => port.postMessage(reply, []));
});

async function answer({ number, password, names }: JudgeRequest): Promise<JudgeReply> {
  try {
    return { number, problems: await guessabilityProblems(password, names) };
  } catch (error) {
    // Its message could contain the password.
    return { number, error: error instanceof Error ? error.name : 'unknown error' };
  }
}
