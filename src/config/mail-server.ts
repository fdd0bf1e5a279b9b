import { dirname, join, resolve } from 'node:path';
import { mailAddress } from './mail-address.ts';

/** Where mails are sent: what `mail.server` names. */
export type MailServer = SmtpServer | { readonly kind: 'file'; readonly directory: string };

export interface SmtpServer {
  readonly kind: 'smtp';
  readonly host: string;
  readonly port: number;
  /** `implicit` from the first byte (RFC 8314 §3), `starttls` before anything else (RFC 3207), or none. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** Ports of message submission (RFC 8314 §3.3, RFC 6409 §3.1). */
const PORTS = { 'smtps:': 465, 'smtp:': 587 } as const;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export interface MailKeys {
  server?: string | undefined;
  password?: string | undefined;
  from?: string | undefined;
  plain: boolean;
}

/** @throws MailServerError */
export function parseMailServer({ server = '', password, plain }: Omit<MailKeys, 'from'>): MailServer {
  if (server.startsWith('file:')) {
    const directory = server.slice('file:'.length);
    if (directory === '') throw new MailServerError('names no directory');
    return { kind: 'file', directory: resolve(directory) };
  }
  const url = URL.parse(server);
  const port = PORTS[url?.protocol as keyof typeof PORTS];
  if (url === null || port === undefined || url.hostname === '')
    throw new MailServerError('expected smtps://HOST, smtp://HOST or file:DIRECTORY');
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    throw new MailServerError('has user, host and port only');
  if (url.password !== '' && password !== undefined)
    throw new MailServerError('has a password, and mail.password is set too; keep one of them');
  const user = url.username === '' ? undefined : decode(url.username);
  const secret = url.password === '' ? password : decode(url.password);
  if (user === undefined && secret !== undefined)
    throw new MailServerError('has no user for the password: smtps://USER@HOST');
  if (user !== undefined && secret === undefined)
    throw new MailServerError('has a user without a password; set SIGNET_MAIL_PASSWORD_FILE');
  return {
    kind: 'smtp',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? port : Number(url.port),
    tls: url.protocol === 'smtps:' ? 'implicit' : plain || LOOPBACK.test(url.hostname) ? 'none' : 'starttls',
    user,
    password: secret,
  };
}

/** A server cannot be used. The message is the end of a sentence that begins with the key. */
class MailServerError extends Error {
  override readonly name = 'MailServerError';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new MailServerError('has a user or password that is not percent-encoded');
  }
}

/** One sentence for each problem. */
export function mailProblems({ mail }: { mail: MailKeys }): string[] {
  const problems = serverProblems(mail);
  if (mail.from !== undefined && mailAddress(mail.from) === undefined)
    problems.push('mail.from: expected an address such as login@example.com, without a name');
  return problems;
}

function serverProblems(mail: MailKeys): string[] {
  if (mail.server === undefined) {
    return mail.password === undefined ? [] : ['mail.password: is for mail.server, which is not set'];
  }
  const problems = mail.from === undefined ? ['mail.from: mails need a sender; set SIGNET_MAIL_FROM'] : [];
  try {
    parseMailServer(mail);
  } catch (error) {
    if (!(error instanceof MailServerError)) throw error;
    problems.push(`mail.server: ${error.message}`);
  }
  return problems;
}

const FILE_STORE = 'sqlite:';

/** In development, mails are files: beside the database where it is a file. */
export function developmentMail(mail: MailKeys, store: string): Pick<MailKeys, 'server' | 'from'> {
  if (mail.server !== undefined) return mail;
  const database = store.startsWith(FILE_STORE) ? store.slice(FILE_STORE.length) : '';
  const directory = database === '' || database === ':memory:' ? 'data' : dirname(database);
  return { server: `file:${join(directory, 'mail')}`, from: mail.from ?? 'signet@localhost' };
}
