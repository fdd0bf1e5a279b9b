import type { Clock } from '../clock.ts';
import { type MailKeys, parseMailServer } from '../config/mail-server.ts';
import { mailAddress } from '../config/mail-address.ts';
import type { Deliver } from './mail-job.ts';
import { writeMail } from './mail-directory.ts';
import { composeMessage, type InlineLogo, type Sender } from './message.ts';
import { createSmtpClient } from './smtp.ts';

export interface DeliveryOptions {
  mail: MailKeys;
  /** The name of the sender. */
  name: string;
  issuer: string;
  logo?: InlineLogo | undefined;
  clock: Clock;
}

/** The way out that the configuration names. @throws MailServerError */
export function createDelivery({ mail, name, issuer, logo, clock }: DeliveryOptions): Deliver {
  const server = parseMailServer(mail);
  const from = mailAddress(mail.from) ?? '';
  const sender: Sender = { from, name, host: new URL(issuer).hostname, logo };
  if (server.kind === 'file') {
    return async (outgoing) => {
      await writeMail(server.directory, outgoing, await composeMessage(outgoing, sender));
      return { outcome: 'done' };
    };
  }
  const smtp = createSmtpClient({ server, clock });
  return async (outgoing, attempt) =>
    await smtp.send({ from, to: outgoing.to }, await composeMessage(outgoing, sender), attempt);
}

/** Connects to a mail server and signs in. @returns what is wrong, in words */
export async function mailServerProblem(mail: MailKeys, clock: Clock): Promise<string | undefined> {
  const server = parseMailServer(mail);
  return server.kind === 'file' ? undefined : await createSmtpClient({ server, clock }).problem();
}
