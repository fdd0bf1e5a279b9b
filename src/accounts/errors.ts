/** What was asked of an account cannot be done. One sentence per problem, fit to show to whoever asked. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}
