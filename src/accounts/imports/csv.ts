/** A row of a CSV file (RFC 4180), and the number of its first line. */
export interface CsvRow {
  line: number;
  cells: string[];
}

/**
 * Quotes, commas and line ends in quotes belong to the cell. Empty lines are left out.
 * @throws Error with the line of a quote that does not end
 */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let line = 1;
  let row: CsvRow = { line, cells: [] };
  let from = 0;
  while (from < text.length) {
    const { cell, to } = readCell(text, from, line);
    row.cells.push(cell);
    line += countLines(text, from, to);
    if (text[to] === ',') {
      from = to + 1;
      if (from === text.length) row.cells.push('');
      continue;
    }
    from = to + (text.startsWith('\r\n', to) ? 2 : 1);
    line += 1;
    rows.push(row);
    row = { line, cells: [] };
  }
  if (row.cells.length > 0) rows.push(row);
  return rows.filter(({ cells }) => cells.length > 1 || cells[0] !== '');
}

const CELL = /[^,\r\n]*/y;
/** One step for each doubled quote, not for each character: the engine of regular expressions keeps a stack of them. */
const QUOTED = /"([^"]*(?:""[^"]*)*)"/y;

function readCell(text: string, from: number, line: number): { cell: string; to: number } {
  const isQuoted = text[from] === '"';
  const pattern = isQuoted ? QUOTED : CELL;
  pattern.lastIndex = from;
  const [whole = '', quoted = ''] = pattern.exec(text) ?? [];
  const to = from + whole.length;
  const isEnded = to === text.length || ',\r\n'.includes(text[to] ?? '');
  if (isQuoted && (whole === '' || !isEnded)) throw new Error(`line ${line}: a quoted cell does not end`);
  return { cell: isQuoted ? quoted.replaceAll('""', '"') : whole, to };
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
