import { parseMailServer } from '../../src/config/mail-server.ts';
import { listMails, type WrittenMail } from '../../src/mail/mail-directory.ts';
import type { TestServer } from './server.ts';

/** The mails that a server of a test has sent so far, the oldest first; those that are due are sent before. */
export async function mailsOf({
  config,
  running,
}: Pick<TestServer, 'config' | 'running'>): Promise<WrittenMail[]> {
  await running.sendJobs();
  const server = parseMailServer(config.mail);
  if (server.kind !== 'file') throw new Error('the mails of this server are no files');
  return (await listMails(server.directory)).toReversed();
}
