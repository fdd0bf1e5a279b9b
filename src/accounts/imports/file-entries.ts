import { isJsonObject } from '../../config/json-object.ts';
import { parseCsv } from './csv.ts';
import { repeatedNames } from './repeated-names.ts';

/** One account in a file, and where it is: `line 3`, or `user 3` in a JSON document. */
export interface FileEntry {
  where: string;
  value: Readonly<Record<string, unknown>>;
}

/**
 * Reads a file of accounts: CSV with the names of the columns in the first line; JSON lines; or one JSON document that is a list, or has a list
 * `users`, such as an export of Keycloak or Firebase.
 * @param onRead called for each account of a file that is read line by line
 * @throws Error with one sentence for a file that is none of these; it contains nothing of the file
 */
export function readEntries(text: string, onRead?: () => void): FileEntry[] {
  const content = text.replace(/^\uFEFF/, '');
  const [start = ''] = content.trimStart();
  if (start !== '{' && start !== '[') return fromCsv(content);
  return fromDocument(content) ?? fromLines(content, onRead);
}

function fromCsv(text: string): FileEntry[] {
  const [header, ...rows] = parseCsv(text);
  const columns = header?.cells.map((cell) => cell.trim()) ?? [];
  if (!columns.includes('username'))
    throw new Error('the first line has no column username; a CSV file begins with the names of its columns');
  const named = columns.filter((column) => column !== '');
  if (new Set(named).size < named.length) throw new Error('the first line has a column twice');
  return rows.map(({ line, cells }) => {
    const pairs = columns.map((column, index) => [column, cells[index] ?? ''] as const);
    return {
      where: `line ${line}`,
      value:
        cells.length > columns.length
          ? { '': 'it has more cells than the first line' }
          : Object.fromEntries(pairs.filter(([, cell]) => cell !== '').map(fromCell)),
    };
  });
}

const FLAGS: ReadonlySet<string> = new Set(['disabled', 'email_verified', 'phone_number_verified']);
const NUMBERS: ReadonlySet<string> = new Set(['created_at', 'updated_at']);

function fromCell([column, cell]: readonly [string, string]): [string, unknown] {
  if (column === 'groups') return [column, cell.split(';').map((group) => group.trim())];
  if (FLAGS.has(column)) return [column, flag(cell)];
  return [column, NUMBERS.has(column) && /^\d+$/.test(cell) ? Number(cell) : cell];
}

function flag(cell: string): unknown {
  if (/^(?:true|1|yes)$/i.test(cell)) return true;
  return /^(?:false|0|no)$/i.test(cell) ? false : cell;
}

/** @returns undefined for what is not one JSON document with accounts */
function fromDocument(text: string): FileEntry[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const list = Array.isArray(document) ? document : isJsonObject(document) ? document.users : undefined;
  if (isJsonObject(document) && list === undefined && 'realm' in document)
    throw new Error(
      'it is a realm without users; kc.sh export writes them into files of their own, or with --users same_file into this one',
    );
  if (!Array.isArray(list)) return undefined;
  const depth = Array.isArray(document) ? 0 : 1;
  const repeated = new Map<unknown, unknown>();
  for (const path of repeatedNames(text)) {
    const isInUser = depth === 0 || (path[0] === 'users' && path.length > 1);
    if (!isInUser) throw new Error(twice(path.at(-1)));
    repeated.set(path[depth], path.at(-1));
  }
  return list.map((value: unknown, index) => entryOf(`user ${index + 1}`, value, repeated.get(index)));
}

function fromLines(text: string, onRead?: () => void): FileEntry[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    onRead?.();
    const where = `line ${index + 1}`;
    try {
      return [entryOf(where, JSON.parse(line), repeatedNames(line)[0]?.at(-1))];
    } catch {
      return [{ where, value: { '': 'it is not JSON' } }];
    }
  });
}

/** @param repeated a name that is twice in the entry */
function entryOf(where: string, value: unknown, repeated: unknown): FileEntry {
  if (!isJsonObject(value)) return { where, value: { '': 'it is not a JSON object' } };
  return { where, value: repeated === undefined ? value : { ...value, '': twice(repeated) } };
}

function twice(name: unknown): string {
  return `it has the name ${JSON.stringify(name)} twice in one object`;
}
