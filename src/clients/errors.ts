/** What was asked of a client cannot be done. One sentence per problem, fit to show to whoever asked. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
