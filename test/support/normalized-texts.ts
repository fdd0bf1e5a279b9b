/**
 * The lengths of the texts that are normalized (Unicode) while `act` runs. The time of a normalization grows with the square of the number
 * of combining marks, so a long text of a stranger must not get there.
 */
export function normalizedLengths(act: () => unknown): number[] {
  const { normalize } = String.prototype;
  const lengths: number[] = [];
  String.prototype.normalize = function spy(this: string, form?: string) {
    lengths.push(this.length);
    return normalize.call(this, form);
  };
  try {
    act();
  } finally {
    String.prototype.normalize = normalize;
  }
  return lengths;
}
