import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listMails, type WrittenMail } from '../../../src/mail/mail-directory.ts';
import { eventually } from '../../support/eventually.ts';
import type { Stage } from './stage.ts';

/** Where the server of a stage writes its mails. */
const MAIL_DIRECTORY = mkdtempSync(join(tmpdir(), 'signet-mail-'));

process.once('exit', () => rmSync(MAIL_DIRECTORY, { recursive: true, force: true }));

/** Configuration of a stage that sends mails. */
export const WITH_MAIL = { mail: { server: `file:${MAIL_DIRECTORY}`, from: 'login@example.com' } };

/** The mails to one address so far, the oldest first. */
export async function mailsTo(stage: Stage, address: string): Promise<WrittenMail[]> {
  await stage.server.sendJobs();
  return (await listMails(MAIL_DIRECTORY)).toReversed().filter(({ to }) => to === address);
}

/** Waits for a mail beyond the first `after` ones to an address. */
export async function nextMail(stage: Stage, address: string, after = 0): Promise<WrittenMail> {
  let found: WrittenMail[] = [];
  await eventually(`mail ${after + 1} to ${address}`, async () => {
    found = await mailsTo(stage, address);
    return found.length > after;
  });
  return found.at(-1) as WrittenMail;
}

/** The address of the button of a mail. */
export function linkIn({ text }: Pick<WrittenMail, 'text'>): URL {
  return new URL(/https?:\/\/\S+token=[\w-]{43}/.exec(text)?.[0] ?? 'none:');
}
