/** Output of commands: aligned plain text for people, JSON for programs. */

const GAP = '  ';

/** Prints aligned columns under headings. On a terminal, lines are truncated to its width. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const cells = [headings, ...rows].map((row) => row.map(visible));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) {
    printLine(
      truncate(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join(GAP)
          .trimEnd(),
      ),
    );
  }
}

/** Prints one name and value per line, without undefined values. */
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

/** On standard error, so that the output stays readable for programs. */
export function printWarning(text: string): void {
  process.stderr.write(`warning: ${visible(text)}\n`);
}

/** JSON with escaped control and direction characters, which JSON.stringify keeps. */
export function visibleJson(value: unknown): string {
  return visibleLines(JSON.stringify(value, undefined, 2));
}

/** Escapes the characters of untrusted text that could control a terminal, except line breaks. */
export function visibleLines(text: string): string {
  return text.replaceAll(/[^\P{C}\n]|[\u2028\u2029]/gu, escapeCharacter);
}

/** @param seconds epoch seconds */
export function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}

/** Escapes the characters of untrusted text that could control a terminal. */
function visible(text: string): string {
  return text.replaceAll(/[\p{C}\u2028\u2029]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** Characters of a line. A terminal that does not know its width, such as one of a container without a window, says 0. */
export function widthOf({ isTTY, columns }: { isTTY?: boolean; columns?: number }): number {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : Infinity;
}

function truncate(line: string): string {
  const width = widthOf(process.stdout);
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}
