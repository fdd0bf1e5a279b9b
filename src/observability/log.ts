import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/config.ts';

/**
 * The log. Callers pass names and outcomes, never a header, a body or a query. The message of an error can still quote one: messages are
 * scrubbed here, so that no token, code, secret, password or cookie appears.
 */

export type { Logger };

/** A run of token characters as long as the shortest code, token or session id. */
const SECRET_LIKE = /[A-Za-z0-9_-]{32,}(?:\.[A-Za-z0-9_-]+)*={0,2}/g;

/** How long a line may be buffered, so that many lines share one write. */
const FLUSH_INTERVAL_MS = 100;
/** A buffer of this size is written at once. */
const FLUSH_BYTES = 4000;
/** POSIX keeps a write to a pipe whole up to this size (PIPE_BUF), so that lines of several workers do not mix. */
const MAX_WRITE_BYTES = 4096;
/** How long a slow reader of the log may delay the exit. */
const FLUSH_TIMEOUT_MS = 1000;

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
  const output = pino.destination({ fd: 1, sync: false, minLength: FLUSH_BYTES, maxWrite: MAX_WRITE_BYTES });
  // The reader has closed its end of the pipe, so the error cannot be reported.
  output.on('error', () => output.destroy());
  setInterval(() => output.flush(), FLUSH_INTERVAL_MS).unref();
  return output;
}

/**
 * Waits until all lines are written, or for `FLUSH_TIMEOUT_MS`. Await it before the process exits: at exit, pino would retry for ever where
 * the reader has closed its end.
 */
export function flushLog(log: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
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

/** Scrubbed message, stack and causes. */
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

/** Text from a request, without what may be a secret. */
export function scrub(text: string): string {
  return text.replace(SECRET_LIKE, '[redacted]');
}

/** The stack of an error that a client caused is left out: it is of no use and expensive. */
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
