/** The two that are compared, and in which order they take their turn. */

export type Side = 'signet' | 'plain';
export type Sides<Item> = Readonly<Record<Side, Item>>;

/** Signet first in even turns, the plain server first in odd ones: neither always comes after the other. */
export function order(turn: number): readonly Side[] {
  return turn % 2 === 0 ? ['signet', 'plain'] : ['plain', 'signet'];
}

/** Empty lists for what the rounds will measure. */
export function noMeasurements(): Sides<number[]> {
  return { signet: [], plain: [] };
}
