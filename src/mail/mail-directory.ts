import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutgoingMail } from './mail-job.ts';

/**
 * Mails as files: `<time>-<id>.eml` for mail programs, and the same with `.json` for the inbox of development. A mail that is written again
 * replaces itself.
 */

/** A written mail. */
export interface WrittenMail extends Omit<OutgoingMail, 'id'> {
  /** The name of its files, without ending. */
  file: string;
  /** The mail's own: `passwordChanged`. */
  name: string;
}

/** Files beyond this number are removed, the oldest first. */
const MAX_MAILS = 500;

/** Names of files that this module writes; a name from a request is compared with it. */
const FILE_NAME = /^\d{13,15}-[a-zA-Z]+\.[0-9a-f]{16}$/;

/** Readable by the owner only: links and codes are in it. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

export async function writeMail(directory: string, mail: OutgoingMail, message: Buffer): Promise<void> {
  const { id, ...content } = mail;
  const file = `${mail.at}-${id}`;
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  await writeWhole(join(directory, `${file}.eml`), message);
  await writeWhole(join(directory, `${file}.json`), JSON.stringify({ name: id.split('.')[0], ...content }));
  const names = await mailNames(directory);
  await Promise.all(
    names
      .slice(MAX_MAILS)
      .flatMap((name) =>
        ['.eml', '.json'].map((ending) => rm(join(directory, name + ending), { force: true })),
      ),
  );
}

/** A reader sees all of a file or nothing. */
async function writeWhole(path: string, content: Buffer | string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  await writeFile(temporary, content, { mode: FILE_MODE });
  await rename(temporary, path);
}

/** The newest first. */
export async function listMails(directory: string, limit = MAX_MAILS): Promise<WrittenMail[]> {
  const names = (await mailNames(directory)).slice(0, limit);
  const mails = await Promise.all(names.map((name) => findMail(directory, name)));
  return mails.filter((mail) => mail !== undefined);
}

export async function findMail(directory: string, file: string): Promise<WrittenMail | undefined> {
  if (!FILE_NAME.test(file)) return undefined;
  const text = await readFile(join(directory, `${file}.json`), 'utf8').catch(ignoreAbsent);
  return text === undefined ? undefined : { file, ...JSON.parse(text) };
}

async function mailNames(directory: string): Promise<string[]> {
  const files = (await readdir(directory).catch(ignoreAbsent)) ?? [];
  return files
    .filter((file) => file.endsWith('.json') && FILE_NAME.test(file.slice(0, -'.json'.length)))
    .map((file) => file.slice(0, -'.json'.length))
    .toSorted()
    .toReversed();
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
