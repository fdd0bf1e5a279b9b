import { describePasswordProblem, type PasswordProblem } from './credentials/password-problem.ts';

/** An operation on an account was rejected. One sentence per problem, safe to show to the caller. */
export class AccountError extends Error {
  override readonly name: string = 'AccountError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

/** A new password violates a rule. */
export class UnacceptablePasswordError extends AccountError {
  override readonly name = 'UnacceptablePasswordError';
  /** For pages; `problems` has them in English. */
  readonly passwordProblems: readonly PasswordProblem[];

  constructor(problems: readonly PasswordProblem[]) {
    super(problems.map(describePasswordProblem));
    this.passwordProblems = problems;
  }
}

export function noSuchAccount(): AccountError {
  return new AccountError(['there is no such account']);
}
