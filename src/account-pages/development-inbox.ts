import type { Context, Middleware } from 'koa';
import type { Config } from '../config/config.ts';
import { issuerUrl } from '../config/issuer.ts';
import { parseMailServer } from '../config/mail-server.ts';
import { publicPath } from '../http/paths.ts';
import { Problem } from '../http/problem.ts';
import type { Route } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import { findMail, listMails, type WrittenMail } from '../mail/mail-directory.ts';
import { isLoopback } from '../limits/network.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    inbox: InboxPage;
    mail: MailPage;
  }
}

export interface InboxPage {
  /** The newest first. */
  mails: MailSummary[];
}

interface MailSummary {
  /** Path of its page. */
  path: string;
  to: string;
  subject: string;
  /** Epoch seconds. */
  at: number;
  /** In which the time is shown: that of this machine, on which the browser is, too. */
  zone: string;
}

export interface MailPage extends Omit<MailSummary, 'path'> {
  text: string;
  /** Path of the HTML, for a frame. */
  frame: string;
  /** Addresses in the text. */
  links: string[];
}

export const INBOX_PATH = '/dev/mail';

const MAX_LISTED = 100;

/**
 * The HTML of a mail runs nothing and loads nothing, and its origin is none. Its links open beside the page, outside of the sandbox.
 */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; " +
  'sandbox allow-popups allow-popups-to-escape-sandbox';

/** Whether a server shows its mails: in development, where they are files. */
export function hasInbox({ mode, mail }: Pick<Config, 'mode' | 'mail'>): boolean {
  return mode === 'development' && mail.server !== undefined && parseMailServer(mail).kind === 'file';
}

/** The mails of a development server, for browsers on its machine. There are no rows where there is no inbox. */
export function inboxRoutes({ config, renderPage }: Pick<Services, 'config' | 'renderPage'>): Route[] {
  const server = hasInbox(config) ? parseMailServer(config.mail) : undefined;
  if (server?.kind !== 'file') return [];
  const { directory } = server;
  const steps = [requireThisMachine];
  const find = async (ctx: Context): Promise<WrittenMail> => {
    const mail = await findMail(directory, ctx.params?.mail ?? '');
    if (mail === undefined) throw new Problem(404, 'not_found', 'there is no such mail');
    return mail;
  };
  return [
    {
      kind: 'page',
      path: INBOX_PATH,
      name: 'inbox',
      steps,
      show: async (ctx) => {
        const mails = await listMails(directory, MAX_LISTED);
        const path = (mail: WrittenMail): string => publicPath(ctx, `${INBOX_PATH}/${mail.file}`);
        renderPage(ctx, 'inbox', {
          mails: mails.map((mail) => Object.assign(summaryOf(mail), { path: path(mail) })),
        });
      },
    },
    {
      kind: 'page',
      path: `${INBOX_PATH}/:mail`,
      name: 'inbox_mail',
      steps,
      show: async (ctx) => {
        const mail = await find(ctx);
        const path = `${INBOX_PATH}/${mail.file}/html`;
        const links = mail.text.match(/https?:\/\/\S+/g) ?? [];
        const data = { ...summaryOf(mail), text: mail.text, links, frame: publicPath(ctx, path) };
        renderPage(ctx, 'mail', data, { frames: [issuerUrl(config.issuer, path)] });
      },
    },
    {
      kind: 'file',
      path: `${INBOX_PATH}/:mail/html`,
      name: 'inbox_mail_html',
      steps,
      answer: async (ctx) => {
        const { html } = await find(ctx);
        ctx.set({
          'Content-Security-Policy': MAIL_POLICY,
          'X-Content-Type-Options': 'nosniff',
          'Referrer-Policy': 'no-referrer',
          'Cache-Control': 'no-store',
          'Cross-Origin-Resource-Policy': 'same-origin',
        });
        ctx.type = 'html';
        ctx.body = html;
      },
    },
  ];
}

function summaryOf({ to, subject, at }: WrittenMail): Omit<MailSummary, 'path'> {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { to, subject, at: Math.floor(at / 1000), zone };
}

/** Links in mails are as good as passwords, also where a development server listens for others. */
const requireThisMachine: Middleware = (ctx, next) => {
  if (!isLoopback(ctx.ip)) throw new Problem(404, 'not_found', 'the inbox is for browsers on this machine');
  return next();
};
