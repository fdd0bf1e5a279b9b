import { figuresIn } from './expected.ts';
import type { Outcome } from './row.ts';

/** The cases by number: expectation and results on SQLite and on Redis, `=` with the numbers for an expected result, and a count at the end. */
export function table(outcomes: readonly Outcome[]): string {
  const cases = Map.groupBy(outcomes, ({ id, what }) => `${id} ${what}`);
  const rows = [...cases]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, [...found]]) => {
      const on = (storage: Outcome['storage']): string =>
        found
          .filter((outcome) => outcome.storage === storage)
          .map(cell)
          .join('; ') || '-';
      return [clip(name, 62), clip(found[0]?.expected ?? '', 44), on('sqlite'), on('redis')];
    });
  const head = ['Case', 'Expected', 'SQLite', 'Redis'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const failed = outcomes.filter(({ passed }) => !passed).length;
  return [
    line(head),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map(line),
    `${rows.length} cases, ${outcomes.length - failed} passed, ${failed} failed`,
  ].join('\n');
}

function cell({ expected, seen, passed }: Outcome): string {
  if (!passed) return clip(`✘ ${seen}`, 60);
  return clip(['=', ...(figuresIn(seen, expected) ?? [])].join(' '), 44);
}

function clip(text: string, length: number): string {
  const oneLine = text.replaceAll(/\s+/g, ' ');
  return oneLine.length > length ? `${oneLine.slice(0, length - 1)}…` : oneLine;
}
