import { Readable } from 'node:stream';
import pLimit from 'p-limit';
import type { SmtpServer } from '../config/mail-server.ts';
import type { JobOutcome } from '../jobs/kind.ts';
import { Pauses } from '../jobs/pauses.ts';
import { type SmtpFailure, smtpFailure } from './smtp-failure.ts';

/** Hands messages to a mail server (RFC 5321, RFC 6409). */

/** Connections of a process at a time: servers for submission accept few of one user. */
const MAX_CONNECTIONS = 4;

/** Milliseconds. A job settles within 15 seconds (`jobs/kind.ts`), and its claim lasts longer. */
export const SMTP_TIMEOUTS = {
  /** Connection, TLS, greeting. */
  connect: 5000,
  /** From the start of the attempt. */
  attempt: 13_000,
  /** An attempt is not begun with less time than this. */
  least: 6000,
};

/** What passes between the end of a message and the answer is unknown: after so many attempts, the mail is taken for delivered or lost. */
const MAX_UNANSWERED = 3;

/** Seconds until the next attempt for a message without an answer: a server that checks it for long may have finished then. */
const UNANSWERED_RETRY = 300;

/** Addresses. */
export type Envelope = Record<'from' | 'to', string>;

export interface SmtpClient {
  /** @param attempt from 1 */
  send(envelope: Envelope, message: Buffer, attempt: number): Promise<JobOutcome>;
  /** Connects, signs in and sends nothing. @returns what is wrong, in words */
  problem(): Promise<string | undefined>;
}

export interface SmtpClientOptions {
  server: SmtpServer;
  clock: () => number;
  timeouts?: typeof SMTP_TIMEOUTS;
}

export function createSmtpClient({ server, clock, timeouts = SMTP_TIMEOUTS }: SmtpClientOptions): SmtpClient {
  const slots = pLimit(MAX_CONNECTIONS);
  const pauses = new Pauses();
  const now = () => Math.floor(clock() / 1000);
  /** Jobs that wait for a connection do not wait for each other's time-outs. */
  const isDown = () => pauses.isPaused(server.host, now());
  return {
    async send(envelope, message, attempt) {
      const begun = performance.now();
      return await slots(async () => {
        if (isDown()) return { outcome: 'retry', reason: 'no answer: another mail has failed' };
        const rest = timeouts.attempt - (performance.now() - begun);
        if (rest < timeouts.least) return { outcome: 'retry', reason: 'no answer: the server is slow' };
        const failure = await handOver(server, { envelope, message }, { ...timeouts, attempt: rest });
        if (failure === undefined) return { outcome: 'done' };
        if (failure.stage === 'connection') pauses.begin(server.host, now());
        return outcomeOf(failure, attempt);
      });
    },
    async problem() {
      const transport = await openTransport(server, timeouts);
      try {
        await transport.verify();
        return undefined;
      } catch (error) {
        return smtpFailure(error, 'connection').reason;
      } finally {
        transport.close();
      }
    },
  };
}

function outcomeOf({ stage, reason, isFinal }: SmtpFailure, attempt: number): JobOutcome {
  if (isFinal) return { outcome: 'failed', reason };
  if (stage !== 'answer') return { outcome: 'retry', reason };
  return attempt >= MAX_UNANSWERED
    ? { outcome: 'failed', reason: `${reason}, after the message: it may have been delivered` }
    : { outcome: 'retry', reason: `${reason}, after the message`, after: UNANSWERED_RETRY };
}

/** @returns undefined when the server has accepted the message */
async function handOver(
  server: SmtpServer,
  { envelope, message }: { envelope: Envelope; message: Buffer },
  timeouts: typeof SMTP_TIMEOUTS,
): Promise<SmtpFailure | undefined> {
  const transport = await openTransport(server, timeouts);
  let isSent = false;
  const raw = Readable.from([message]).once('end', () => (isSent = true));
  try {
    await transport.sendMail({ envelope, raw, signal: AbortSignal.timeout(Math.ceil(timeouts.attempt)) });
    return undefined;
  } catch (error) {
    return smtpFailure(error, isSent ? 'answer' : 'connection');
  } finally {
    transport.close();
  }
}

async function openTransport(
  { host, port, tls, user, password }: SmtpServer,
  { connect, attempt }: typeof SMTP_TIMEOUTS,
) {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2' },
    ...(user !== undefined && { auth: { user, pass: password ?? '' }, forceAuth: true }),
    connectionTimeout: connect,
    greetingTimeout: connect,
    dnsTimeout: connect,
    socketTimeout: Math.ceil(attempt),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
