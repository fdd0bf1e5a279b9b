import type { OutgoingMail } from './mail-job.ts';

/** A logo inside the message: programs show no image of another server without asking. */
export interface InlineLogo {
  content: Buffer;
  type: string;
}

/** What `src` of an image in the HTML says for the logo (RFC 2392). */
export const LOGO_SOURCE = 'cid:logo';

export interface Sender {
  /** Address. */
  from: string;
  /** Name beside it. */
  name: string;
  /** The host of the issuer: the right side of the Message-ID. */
  host: string;
  logo?: InlineLogo | undefined;
}

/**
 * The message (RFC 5322) of a mail: the same bytes at every attempt.
 * @returns with CRLF
 */
export async function composeMessage(mail: OutgoingMail, sender: Sender): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const { id, to, subject, text, html, at } = mail;
  const { from, name, host, logo } = sender;
  const composer = new MailComposer({
    from: { name, address: from },
    to: { name: '', address: to },
    subject,
    text,
    html,
    date: new Date(at),
    messageId: `<${id}@${host}>`,
    baseBoundary: id,
    newline: 'win',
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
    headers: {
      // RFC 3834 §5: no one replies to it automatically.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
    ...(logo !== undefined &&
      html.includes(LOGO_SOURCE) && {
        attachments: [
          { cid: 'logo', content: logo.content, contentType: logo.type, contentDisposition: 'inline' },
        ],
      }),
  });
  return await composer.compile().build();
}
