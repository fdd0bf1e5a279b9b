/** Why a mail server has not accepted a message. The texts of servers are not repeated: they may quote the address. */
export interface SmtpFailure {
  /** What was under way: `connection` up to the message, `answer` when the message was written and not answered. */
  stage: 'connection' | 'answer' | 'refused';
  reason: string;
  /** Another attempt would fail, too. */
  isFinal: boolean;
}

/** Codes that say that this client must authenticate, or could not (RFC 4954 §6): a setting that the operator corrects. */
const AUTHENTICATION_CODES: ReadonlySet<number> = new Set([530, 534, 535, 538]);

/** A wrong order of commands (RFC 5321 §4.2.3) says nothing about the message. */
const BAD_SEQUENCE = 503;

const REASONS: Readonly<Record<string, string>> = {
  EDNS: 'no answer: host',
  ETIMEDOUT: 'no answer: timeout',
  EABORT: 'no answer: timeout',
  ETLS: 'no answer: TLS',
  EAUTH: 'authentication',
  ENOAUTH: 'authentication',
};

/** Codes of Node for a handshake that failed, such as a certificate for another host. */
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/;

interface ClientError {
  responseCode?: number;
  code?: string;
  originalCode?: string;
}

/** @param stage for an error without an answer of the server */
export function smtpFailure(error: unknown, stage: 'connection' | 'answer'): SmtpFailure {
  const { responseCode: code, code: name = '', originalCode = '' } = error as ClientError;
  if (code !== undefined && AUTHENTICATION_CODES.has(code))
    return { stage: 'refused', reason: `authentication: status ${code}`, isFinal: false };
  if (code !== undefined && code >= 400 && name !== 'ETLS') {
    const isFinal = code >= 500 && code !== BAD_SEQUENCE && name !== 'EAUTH';
    return { stage: 'refused', reason: `status ${code}`, isFinal };
  }
  const isUnsendable = name === 'EENVELOPE' || name === 'EMESSAGE';
  if (isUnsendable) return { stage: 'refused', reason: 'the server cannot take this address', isFinal: true };
  if (TLS_CODE.test(originalCode)) return { stage, reason: 'no answer: TLS', isFinal: false };
  return { stage, reason: REASONS[name] ?? 'no answer: connection', isFinal: false };
}
