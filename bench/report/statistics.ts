/** Median and spread of one figure over the rounds. */
export interface Summary {
  median: number;
  /** The lowest and the highest round. */
  low: number;
  high: number;
}

/** @throws RangeError for an empty list */
export function summarize(values: readonly number[]): Summary {
  return { median: percentile(values, 50), low: Math.min(...values), high: Math.max(...values) };
}

/**
 * The percentile, interpolated between the two nearest values.
 * @param rank 0 to 100
 * @throws RangeError for an empty list
 */
export function percentile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = ((sorted.length - 1) * rank) / 100;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError('no values');
  return below + (above - below) * (position % 1);
}

/** Value by value, so that what disturbed one round disturbs both sides of its ratio. */
export function ratios(values: readonly number[], bases: readonly number[]): number[] {
  return values.map((value, index) => value / (bases[index] ?? Number.NaN));
}
