import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/config.ts';

/**
 * The log. Whoever logs passes names and outcomes, never a header, a body or a query; what still reaches it by way of an error's
 * message is scrubbed here, so that no token, code, secret, password or cookie can appear.
 */

export type { Logger };

/** Longest run of token characters that is let through: shorter than any code, token or session id. */
const SECRET_LIKE = /[A-Za-z0-9_-]{32,}(?:\.[A-Za-z0-9_-]+)*={0,2}/g;

/** Milliseconds that a line may wait for others, so that many share one write. */
const FLUSH_INTERVAL = 100;
/** Bytes that are written without waiting, and at once: pipes keep writes up to 4096 bytes whole, also those of several workers. */
const FLUSH_SIZE = 4000;
const LARGEST_WRITE = 4096;

/**
 * @param destination where lines go; standard output by default
 */
export async function createLogger(
  settings: Config['log'],
  destination?: DestinationStream,
): Promise<Logger> {
  return pino(
    {
      level: settings.level,
      base: null,
      timestamp: isoTime(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: {
        paths: ['password', 'secret', 'token', 'code', 'cookie', 'authorization'],
        censor: '[redacted]',
      },
    },
    destination ?? (settings.format === 'pretty' ? await prettyStream() : standardOutput()),
  );
}

function standardOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: false, minLength: FLUSH_SIZE, maxWrite: LARGEST_WRITE });
  // Whoever read the log is gone; there is nobody to tell.
  output.on('error', () => output.destroy());
  setInterval(() => output.flush(), FLUSH_INTERVAL).unref();
  return output;
}

/** Milliseconds that a reader gets, who may be busy. */
const PATIENCE = 1000;

/**
 * Waits until all lines are written, or cannot be. To be awaited before the process exits: there, the same would be tried for ever with a
 * reader who is gone.
 */
export function allWritten(log: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, PATIENCE);
  log.flush(() => resolve());
  return promise.finally(() => clearTimeout(timer));
}

/** Like pino's own, but formats the date once a second instead of for every line. */
function isoTime(): () => string {
  let second = NaN;
  let date = '';
  return () => {
    const now = Date.now();
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      date = new Date(current * 1000).toISOString().slice(0, -4);
    }
    return `,"time":"${date}${String(now - current * 1000).padStart(3, '0')}Z"`;
  };
}

/** An error as the log shows it: scrubbed message, stack and causes. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return scrub(String(error));
  const { name, message, stack, cause } = error;
  const {
    code,
    error_description: description,
    error_detail: detail,
  } = error as Error & Record<string, unknown>;
  return {
    name,
    message: scrub(message),
    ...(typeof code === 'string' && { code }),
    ...(typeof description === 'string' && { description: scrub(description) }),
    ...(typeof detail === 'string' && { detail: scrub(detail) }),
    ...(stack !== undefined && !isExpected(error) && { stack: scrub(stack) }),
    ...(cause !== undefined && { cause: serializeError(cause) }),
  };
}

function scrub(text: string): string {
  return text.replace(SECRET_LIKE, '[redacted]');
}

/** Errors that a client caused carry no stack: it says nothing and costs much. */
function isExpected(error: Error): boolean {
  const { expose } = error as Error & { expose?: unknown };
  return expose === true;
}

async function prettyStream(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    colorize: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
  });
}
