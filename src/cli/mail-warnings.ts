import type { Config } from '../config/config.ts';
import { parseMailServer } from '../config/mail-server.ts';
import { mailServerProblem } from '../mail/deliver.ts';
import { withMailAdvice } from './mail-advice.ts';

/** What an operator should know about the mails of a server. */
export function mailWarnings({ mail, mode }: Pick<Config, 'mail' | 'mode'>): string[] {
  if (mail.server === undefined) return [];
  const server = parseMailServer(mail);
  if (server.kind === 'file') {
    return mode === 'production'
      ? [`mail.server: mails are written to ${server.directory}, with their links and codes, and not sent`]
      : [];
  }
  return server.tls === 'none' && mail.plain
    ? [
        'mail.plain is on: mails are sent without TLS, so that everyone on the way can read their links and codes',
      ]
    : [];
}

/** By a connection. A start does not depend on the mail server, so this is no problem of the configuration. */
export async function mailServerWarnings({ mail }: Pick<Config, 'mail'>): Promise<string[]> {
  if (mail.server === undefined) return [];
  const problem = await mailServerProblem(mail, Date.now);
  return problem === undefined ? [] : [`mail.server: cannot be used now: ${withMailAdvice(problem)}`];
}
