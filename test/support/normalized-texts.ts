import { mock } from 'node:test';

/**
 * The lengths of the texts that are normalized (Unicode) while `act` runs. The time of a normalization grows with the square of the number
 * of combining marks, so a long text of a stranger must not get there.
 */
export function normalizedLengths(act: () => unknown): number[] {
  const spy = mock.method(String.prototype, 'normalize');
  try {
    act();
    return spy.mock.calls.map((call) => String(call.this).length);
  } finally {
    spy.mock.restore();
  }
}
