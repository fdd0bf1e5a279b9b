/** What commands print: aligned plain text for people, JSON for programs. */

const GAP = '  ';

/** Prints rows under headings, columns aligned; on a terminal the last column is cut at its edge. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const cells = [headings, ...rows].map((row) => row.map(visible));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) {
    printLine(
      cut(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join(GAP)
          .trimEnd(),
      ),
    );
  }
}

/** Prints names and values, one pair a line, leaving out those without a value. */
export function printFacts(facts: Readonly<Record<string, string | undefined>>): void {
  const known = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const width = Math.max(...known.map(([name]) => name.length));
  for (const [name, value] of known) printLine(`${name.padEnd(width)}${GAP}${visible(value)}`);
}

export function printJson(value: unknown): void {
  printLine(visibleJson(value));
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** JSON in which nothing can steer a terminal: JSON itself leaves some control and direction characters as they are. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replaceAll(/[^\P{C}\n]|[\u2028\u2029]/gu, escapeCharacter);
}

/** @param seconds since 1970 */
export function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}

/** Text that came from others, with what could steer a terminal made visible. */
function visible(text: string): string {
  return text.replaceAll(/[\p{C}\u2028\u2029]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

function cut(line: string): string {
  const width = process.stdout.isTTY ? process.stdout.columns : Infinity;
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}
