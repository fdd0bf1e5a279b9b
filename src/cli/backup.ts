import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { inheritOwner } from '../file-owner.ts';
import { IN_STORE } from '../signing/sources/open.ts';
import type { DumpRecord, DumpType } from '../store/store.ts';
import { withContext } from './context.ts';
import { printLine, printTable } from './output.ts';
import { createProgress, withProgress } from './progress.ts';
import { counting, loadAll, printLoaded } from './store.ts';

/**
 * `signet backup` and `signet restore`: the content of a store in a file.
 *
 * The file is gzipped, with one JSON value in each line: a header, the records of a dump (`store/store.ts`), and a trailer with the number of
 * records of each type and the SHA-256 of all lines before it.
 */

export function register(program: Command): void {
  program
    .command('backup <file>')
    .summary('write the content of the store to a file')
    .description(
      'Writes the content of the store to a new file, also while servers use the store. Only the owner can read the file.',
    )
    .action((file: string, _options: unknown, command: Command) =>
      withContext(command, async ({ config, store }) => {
        const kind = config.store.split(':')[0] ?? '';
        const counts = await writeBackup(
          file,
          kind,
          new Date(),
          withProgress(store.transfer.dump(), createProgress('records written')),
        );
        printTable(
          ['RECORDS', 'WRITTEN'],
          [...counts].map(([type, count]) => [`${type}s`, String(count)]),
        );
        printLine(`wrote ${file}`);
        printLine(notInBackup(config.keys));
      }),
    );
}

export function registerRestore(program: Command): void {
  program
    .command('restore <file>')
    .summary('fill an empty store from a backup')
    .description(
      'Fills an empty store from a backup, after a check of the whole file. Start the server afterwards.',
    )
    .action(async (file: string, _options: unknown, command: Command) => {
      await verifyBackup(file);
      await withContext(
        command,
        async ({ config, store }) => {
          printLoaded(await loadAll(store.transfer, readBackup(file), 'records restored'));
          printLine(`restored ${file}`);
          printLine(neededBeside(config.keys));
        },
        { create: true },
      );
    });
}

function notInBackup(keys: string): string {
  return keys === IN_STORE
    ? 'The master key and the configuration are not part of a backup: keep copies of them elsewhere.'
    : `The sealing key and the signing keys in ${keys} and the configuration are not part of a backup: keep copies of them elsewhere.`;
}

const FORMAT = 'signet-backup';
const VERSION = 1;

/** Characters written at once. */
const CHUNK_LENGTH = 65_536;

/** No record is longer: a longer line means a damaged file. */
const MAX_LINE_LENGTH = 16_777_216;

interface Trailer {
  counts: Record<string, number>;
  sha256: string;
}

/**
 * Writes a backup. The file gets its content by a rename, when it is complete.
 * @param store kind of the store, as information for readers of the file
 * @returns the number of records written of each type
 * @throws Error when the file exists
 */
export async function writeBackup(
  file: string,
  store: string,
  time: Date,
  records: AsyncIterable<DumpRecord>,
): Promise<Map<DumpType, number>> {
  const counts = new Map<DumpType, number>();
  const partial = `${file}.partial-${process.pid}`;
  await reserve(file);
  try {
    const header = { format: FORMAT, version: VERSION, store, time: time.toISOString() };
    await pipeline(
      Readable.from(lines(header, counting(records, counts), counts)),
      createGzip(),
      (await create(partial)).createWriteStream({ flush: true }),
    );
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    await rm(file, { force: true });
    throw error;
  }
  return counts;
}

/** Reserves the name with an empty file, so that no file of another process is replaced. */
async function reserve(file: string): Promise<void> {
  try {
    await (await create(file)).close();
  } catch (error) {
    if (existsSync(file)) throw new Error(`${file} exists already: name a new file`, { cause: error });
    throw new Error(`${file} cannot be written: name a file in an existing, writable directory`, {
      cause: error,
    });
  }
}

async function create(file: string): Promise<FileHandle> {
  const handle = await open(file, 'wx', 0o600);
  inheritOwner(handle.fd, file);
  return handle;
}

async function* lines(
  header: object,
  records: AsyncIterable<DumpRecord>,
  counts: ReadonlyMap<DumpType, number>,
): AsyncGenerator<string> {
  const hash = createHash('sha256');
  let chunk = `${JSON.stringify(header)}\n`;
  for await (const record of records) {
    chunk += `${JSON.stringify(record)}\n`;
    if (chunk.length < CHUNK_LENGTH) continue;
    hash.update(chunk);
    yield chunk;
    chunk = '';
  }
  hash.update(chunk);
  const trailer: Trailer = { counts: Object.fromEntries(counts), sha256: hash.digest('hex') };
  yield `${chunk}${JSON.stringify(trailer)}\n`;
}

/** @throws Error with one sentence when the file is not a complete backup */
export async function verifyBackup(file: string): Promise<void> {
  // oxlint-disable-next-line no-empty-pattern, no-unused-vars -- reading it to the end is the check
  for await (const {} of withProgress(readBackup(file), createProgress('records checked')));
}

/**
 * The records of a backup.
 * @throws Error with one sentence, also after the last record: when the checksum or the counts differ
 */
export async function* readBackup(file: string): AsyncGenerator<DumpRecord> {
  const hash = createHash('sha256');
  const counts = new Map<DumpType, number>();
  let trailer: Trailer | undefined;
  let first = true;
  for await (const line of readLines(file)) {
    if (trailer !== undefined) throw damaged(file);
    const value = parse(file, line, first);
    if ('sha256' in value) trailer = value;
    else hash.update(line).update('\n');
    if (first) checkHeader(file, value);
    else if ('type' in value) {
      counts.set(value.type, (counts.get(value.type) ?? 0) + 1);
      yield value;
    }
    first = false;
  }
  const isWhole =
    trailer?.sha256 === hash.digest('hex') &&
    JSON.stringify(trailer.counts) === JSON.stringify(Object.fromEntries(counts));
  if (!isWhole) throw damaged(file);
}

type Line = DumpRecord | Trailer | { format?: unknown; version?: unknown };

function parse(file: string, line: string, first: boolean): Line {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Handled below, like an array or a number.
  }
  throw first ? foreign(file) : damaged(file);
}

function checkHeader(file: string, header: Line): void {
  if (!('format' in header) || header.format !== FORMAT) throw foreign(file);
  if (header.version === VERSION) return;
  throw new Error(`${file} was written by another version of Signet: restore it with that version`);
}

async function* readLines(file: string): AsyncGenerator<string> {
  const unzipped = createGunzip().setEncoding('utf8');
  const read = pipeline(createReadStream(file), unzipped).catch(() => {});
  let rest = '';
  try {
    for await (const chunk of unzipped as AsyncIterable<string>) {
      const [head = '', ...more] = chunk.split('\n');
      rest += head;
      for (const next of more) {
        yield rest;
        rest = next;
      }
      if (rest.length > MAX_LINE_LENGTH) throw damaged(file);
    }
  } catch (error) {
    throw explain(file, error);
  } finally {
    unzipped.destroy();
    await read;
  }
  if (rest !== '') throw damaged(file);
}

function explain(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new Error(`there is no file ${file}`);
  if (code === 'Z_DATA_ERROR' && error instanceof Error && /header check/.test(error.message))
    return foreign(file);
  if (code.startsWith('Z_')) return damaged(file);
  return code === '' ? error : new Error(`${file} cannot be read (${code})`);
}

function foreign(file: string): Error {
  return new Error(`${file} is not a backup of Signet`);
}

function damaged(file: string): Error {
  return new Error(`${file} is damaged or incomplete: nothing of it is restored; take another backup`);
}

function neededBeside(keys: string): string {
  return keys === IN_STORE
    ? 'Before the start: the server needs the master key that it had.'
    : `Before the start: put the signing keys and the sealing key (sealing.key) that it had into ${keys}.`;
}
