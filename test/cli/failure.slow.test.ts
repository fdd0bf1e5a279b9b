import assert from 'node:assert/strict';
import { Workplace } from './run-signet.ts';

/** A script may pass text of strangers as an argument, and a terminal must not obey it. */
const TEXT = '\u001b]0;title\u0007\u009b31m\r\u202e\u2028';
const SHOWN = '\\u001b]0;title\\u0007\\u009b31m\\u000d\\u202e\\u2028';

describe('Messages of failed commands', () => {
  const workplace = new Workplace({ ownProcess: false });
  after(() => workplace.remove());

  const failures: [args: string[], code: number, stderr: string][] = [
    [['user', 'show', TEXT], 1, `error: there is no account ${SHOWN}\n`],
    [['client', 'show', TEXT], 1, `error: there is no client ${SHOWN}\n`],
    [[TEXT], 2, `error: unknown command '${SHOWN}'\n(--help explains)\n`],
    [['user', 'list', `--${TEXT}`], 2, `error: unknown option '--${SHOWN}'\n(--help explains)\n`],
    [
      ['audit', 'list', '--outcome', TEXT],
      2,
      `error: option '--outcome <outcome>' argument '${SHOWN}' is invalid. Expected success or failure.\n(--help explains)\n`,
    ],
    [
      ['audit', 'list', '--type', 'toString'],
      2,
      "error: option '--type <type>' argument 'toString' is invalid. See --help for the types.\n(--help explains)\n",
    ],
  ];
  for (const [args, code, stderr] of failures) {
    it(`quote their arguments without control characters: ${args.join(' ').replace(TEXT, '…')}`, async () => {
      const failed = await workplace.run(args);
      assert.deepEqual([failed.code, failed.stderr, failed.stdout], [code, stderr, '']);
    });
  }
});
