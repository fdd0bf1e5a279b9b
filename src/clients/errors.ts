/** An operation on a client was rejected. One sentence per problem, safe to show to the caller. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
