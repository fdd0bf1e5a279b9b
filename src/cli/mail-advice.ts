/** What an operator can do about a mail server that does not take mails, by the reason that `mail/smtp-failure.ts` gives. */
const ADVICE: readonly { reason: RegExp; advice: string }[] = [
  {
    reason: /TLS/,
    advice:
      'its certificate is not trusted, or not valid for this host (NODE_EXTRA_CA_CERTS names a file with a certification authority of your own), or the port takes no TLS (smtps:// is TLS from the first byte, smtp:// is STARTTLS)',
  },
  {
    reason: /timeout/,
    advice: 'a firewall may drop the connection, or the port wants TLS from the first byte (smtps://)',
  },
  { reason: /: host/, advice: 'the host of mail.server has no address' },
  { reason: /connection/, advice: 'nothing listens on this port of the host: check mail.server' },
  { reason: /status 538/, advice: 'the server signs in with TLS only: use smtps://' },
  {
    reason: /^authentication/,
    advice: 'check the user in mail.server, and the password in SIGNET_MAIL_PASSWORD_FILE',
  },
  { reason: /^status 5/, advice: 'the server takes no mail from mail.from, or none to this address' },
];

/** The reason, and what to do. */
export function withMailAdvice(reason: string): string {
  const advice = ADVICE.find((each) => each.reason.test(reason))?.advice;
  return advice === undefined ? reason : `${reason}; ${advice}`;
}
