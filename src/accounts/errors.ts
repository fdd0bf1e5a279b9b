/** An operation on an account was rejected. One sentence per problem, safe to show to the caller. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}
