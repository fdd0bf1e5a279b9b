import type { ScaleSide } from '../report/scale.ts';

export const SIDES = ['small', 'large'] as const;

/** Neither side always comes after the other. */
export function scaleOrder(turn: number): readonly ScaleSide[] {
  return turn % 2 === 0 ? SIDES : SIDES.toReversed();
}

/** Empty lists for what the rounds will measure. */
export function noScaleMeasurements<Item = number>(): Record<ScaleSide, Item[]> {
  return { small: [], large: [] };
}
