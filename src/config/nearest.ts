import { distance } from 'fastest-levenshtein';

/**
 * The candidate with the smallest edit distance to `text`, for "did you mean".
 * @returns undefined when the distance is more than a third of the length
 */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.ceil(text.length / 3));
  let best: { candidate: string; steps: number } | undefined;
  for (const candidate of candidates) {
    const steps = distance(text.toLowerCase(), candidate.toLowerCase());
    if (steps <= limit && steps < (best?.steps ?? Infinity)) best = { candidate, steps };
  }
  return best?.candidate;
}
