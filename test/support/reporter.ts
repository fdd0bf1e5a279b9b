import Mocha from 'mocha';
import { addRunNote, openRunNotes, type RunNote } from './run-notes.ts';

/**
 * mocha's spec reporter with a summary: skipped tests by reason, the figures that tests measured, then mocha's list of failures, and as
 * the last line `N passed, N failed, N skipped`. The failures come after the figures, so that the end of a long log shows them.
 *
 * Unlike mocha, it fails a run without tests, and under `CI=true` skipped tests unless `skip` has allowed them.
 */

const { Base, Spec } = Mocha.reporters;

/** Milliseconds from the last test until the open handles of a process are reported as a failure. */
const GRACE = 10_000;

/** Prints a measured figure (`consume: 1,234 rounds/s`) at the end of the run. Figures are never asserted. */
export function figure(text: string): void {
  addRunNote({ figure: text });
}

// mocha loads a reporter by its default export.
export default class Reporter extends Spec {
  readonly #skipped: Mocha.Test[] = [];
  readonly #strict = process.env.CI === 'true';
  readonly #readNotes = openRunNotes();

  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test) => this.#skipped.push(test));
  }

  override epilogue(): void {
    const notes = this.#readNotes();
    print('');
    this.#printSkipped(notes);
    const figures = notes.flatMap((note) => ('figure' in note ? [note.figure] : []));
    if (figures.length > 0) print('  Figures', ...figures.map((text) => `    ${text}`), '');
    super.epilogue();
  }

  /** mocha calls this after the global teardown; what it passes on becomes the exit code. */
  override done(failures: number, exit?: (failures: number) => void): void {
    const { passes } = this.stats;
    const forbidden = this.#forbidden(this.#readNotes());
    const skipped = this.#skipped.length - forbidden;
    let failed = failures + forbidden;
    if (passes + failed === 0) {
      print('  No test ran, which counts as a failure.', '');
      failed = 1;
    }

    process.once('exit', () => print(`${passes} passed, ${failed} failed, ${skipped} skipped`));
    setTimeout(() => {
      failed += 1;
      print(`  The tests are over, but the process is held open by: ${openResources()}`, '');
      process.once('exit', () => (process.exitCode = 1));
      process.exit();
    }, GRACE).unref();
    exit?.(failed);
  }

  /** How many skipped tests are failures. */
  #forbidden(notes: readonly RunNote[]): number {
    if (!this.#strict) return 0;
    return this.#skipped.filter((test) => reasonOf(test, notes)?.allowedInCi !== true).length;
  }

  #printSkipped(notes: readonly RunNote[]): void {
    if (this.#skipped.length === 0) return;
    const forbidden = this.#forbidden(notes);
    const ofThem = forbidden === this.#skipped.length ? 'each' : `${forbidden} of them`;
    print(
      `  Skipped: ${this.#skipped.length}${forbidden > 0 ? `, ${ofThem} a failure because of CI=true` : ''}`,
    );
    const groups = Map.groupBy(this.#skipped, (test) => {
      const why = reasonOf(test, notes);
      return why === undefined ? 'no reason given' : `${why.reason}\n      ${why.hint}`;
    });
    for (const [why, tests] of groups) {
      print(`    ${tests.length} × ${why}`, ...tests.map((test) => `      - ${test.fullTitle()}`));
    }
    print('');
  }
}

function reasonOf(
  test: Mocha.Test,
  notes: readonly RunNote[],
): Extract<RunNote, { path: string[] }> | undefined {
  const path = test.titlePath();
  return notes.find(
    (note) => 'path' in note && note.path.every((title, index) => title === path[index]),
  ) as ReturnType<typeof reasonOf>;
}

/** `TCPServerWrap × 2, Timeout × 1` */
function openResources(): string {
  const names = Map.groupBy(process.getActiveResourcesInfo(), (name) => name);
  return [...names].map(([name, all]) => `${name} × ${all.length}`).join(', ');
}

/** mocha's own reference to `console.log`, which a test cannot have replaced. */
function print(...lines: string[]): void {
  for (const line of lines) Base.consoleLog('%s', line);
}
