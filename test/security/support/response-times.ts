/** In an order that does not favour any of them. */
export function shuffled<T>(list: T[]): T[] {
  return list
    .map((value) => ({ value, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ value }) => value);
}

/** How well times distinguish two groups: 0.5 not at all, 1 always (area under the curve, from Mann-Whitney's U). */
export function tellingApart(some: readonly number[], others: readonly number[]): number {
  let wins = 0;
  for (const one of some) for (const other of others) wins += one < other ? 1 : one === other ? 0.5 : 0;
  const area = wins / (some.length * others.length);
  return Math.max(area, 1 - area);
}
