import { performance } from 'node:perf_hooks';

/** What a command has done so far, on the terminal of a person who waits: one line on standard error, which is removed at the end. */
export interface Progress {
  /** @param count more that is done */
  advance(count?: number): void;
  /** Removes the line. */
  end(): void;
}

/** Milliseconds before the line appears. */
const DELAY_MS = 2000;
const INTERVAL_MS = 200;

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * @param what is counted, with its verb: `accounts checked`
 * @param total absent where it is not known
 */
export function createProgress(
  what: string,
  total?: number,
  options: { terminal?: Terminal; now?: () => number } = {},
): Progress {
  const { terminal = process.stderr, now = () => performance.now() } = options;
  let next = now() + DELAY_MS;
  let done = 0;
  let width = 0;
  const draw = (text: string): void => {
    terminal.write(`\r${text.padEnd(width)}`);
    width = text.length;
  };
  return {
    advance(count = 1) {
      done += count;
      if (terminal.isTTY !== true || now() < next) return;
      next = now() + INTERVAL_MS;
      draw(total === undefined ? `${format(done)} ${what}` : `${format(done)} of ${format(total)} ${what}`);
    },
    end() {
      if (width === 0) return;
      draw('');
      terminal.write('\r');
      width = 0;
    },
  };
}

/** Counts the elements of a list while it is read, and removes the line at its end. */
export async function* withProgress<Element>(
  elements: AsyncIterable<Element>,
  progress: Progress,
): AsyncGenerator<Element> {
  try {
    for await (const element of elements) {
      progress.advance();
      yield element;
    }
  } finally {
    progress.end();
  }
}

function format(count: number): string {
  return count.toLocaleString('en');
}
