import Mocha from 'mocha';
import { addRunNote, openRunNotes, type RunNote } from './run-notes.ts';

/**
 * mocha's spec reporter, followed by a summary: skipped tests by reason, the figures that tests measured, and as the last line
 * `N passed, N failed, N skipped`.
 *
 * Unlike mocha, it fails a run without tests, and under `CI=true` skipped tests.
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
    super.epilogue();
    const notes = this.#readNotes();
    this.#printSkipped(notes);
    const figures = notes.flatMap((note) => ('figure' in note ? [note.figure] : []));
    if (figures.length > 0) print('  Figures', ...figures.map((text) => `    ${text}`), '');
  }

  /** mocha calls this after the global teardown; what it passes on becomes the exit code. */
  override done(failures: number, exit?: (failures: number) => void): void {
    const { passes } = this.stats;
    const skipped = this.#strict ? 0 : this.#skipped.length;
    let failed = failures + this.#skipped.length - skipped;
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

  #printSkipped(notes: readonly RunNote[]): void {
    if (this.#skipped.length === 0) return;
    print(`  Skipped: ${this.#skipped.length}${this.#strict ? ', each a failure because of CI=true' : ''}`);
    const groups = Map.groupBy(this.#skipped, (test) => {
      const path = test.titlePath();
      const why = notes.find(
        (note) => 'path' in note && note.path.every((title, index) => title === path[index]),
      );
      return why === undefined || !('path' in why) ? 'no reason given' : `${why.reason}\n      ${why.hint}`;
    });
    for (const [why, tests] of groups) {
      print(`    ${tests.length} × ${why}`, ...tests.map((test) => `      - ${test.fullTitle()}`));
    }
    print('');
  }
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
