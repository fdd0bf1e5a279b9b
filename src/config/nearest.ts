import { distance } from 'fastest-levenshtein';

/**
 * The candidate that differs least from `text`, for "did you mean".
 * @returns undefined when none is near: more than a third of the text would have to change
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
