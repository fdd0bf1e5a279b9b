import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Limits the young generation of the heap, as `--max-semi-space-size=32` does at the start of a process. V8 lets it grow to 128 MiB, of which
 * a busy server uses each page and needs few: what a request creates is garbage when it is answered.
 *
 * A process cannot set that option for itself, because V8 reads it once. It reads the growth factor whenever the young generation is about
 * to grow: a factor of 1 keeps its size. An idle process gives memory back, and then grows again.
 */

/** Bytes of both semi-spaces. */
const LIMIT = 64 * 1024 * 1024;

/** V8's own factor. */
const GROWING = 2;
const KEEPING = 1;

/** V8 doubles the young generation after seconds of load. */
const CHECK_INTERVAL_MS = 250;

/** V8 takes either spelling. */
const SIZE_OPTION = /semi[-_]space[-_]size/;

/** Not where the operator has set a size: `--max-semi-space-size` or `--min-semi-space-size`. */
export function limitYoungGeneration({ execArgv, env }: Pick<NodeJS.Process, 'execArgv' | 'env'>): void {
  if ([...execArgv, env.NODE_OPTIONS].some((options) => SIZE_OPTION.test(options ?? ''))) return;
  let factor = GROWING;
  setInterval(() => {
    const next = youngGenerationSize() < LIMIT ? GROWING : KEEPING;
    if (next === factor) return;
    factor = next;
    setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  }, CHECK_INTERVAL_MS).unref();
}

function youngGenerationSize(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}
