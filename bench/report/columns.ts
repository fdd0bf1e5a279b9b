/** Lines of cells under each other, the first line being the heads of the columns. */
export function inColumns(
  lines: readonly (readonly string[])[],
  isNumber: (column: number) => boolean,
): string[] {
  const [header = []] = lines;
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
