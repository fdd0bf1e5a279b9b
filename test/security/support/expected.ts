/** Expectations with numbers that differ between runs: `one 200, 49 × 400, <n> rounds`. */
const FIGURE = '<n>';

/**
 * Compares result and expectation of a row for equality; `<n>` matches one number, with or without decimals.
 * @returns the numbers of the result, in order, or undefined when the texts differ
 */
export function figuresIn(seen: string, expected: string): readonly string[] | undefined {
  const literals = expected
    .split(FIGURE)
    .map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${literals.join(String.raw`(\d+(?:\.\d+)?)`)}$`).exec(seen)?.slice(1);
}
