/**
 * Estimates how many guesses a password takes: repetitions, sequences, dates and walks on the keyboard, which no list of passwords
 * contains. Loading it takes 90 ms and 30 MB, and an estimate up to 70 ms, so that it runs in a thread of its own (`password-judge.ts`).
 */

/** Characters that are looked at: the time of an estimate grows faster than the length. */
const MAX_LENGTH = 72;

/** 0 to 4; 3 takes more than 10⁸ guesses, which argon2id makes expensive for one who has the hashes. */
const MIN_SCORE = 3;

type Estimate = (password: string, names: readonly string[]) => number;

let estimate: Promise<Estimate> | undefined;

/**
 * @param names words that a guess begins with: the username, names of the service
 */
export async function isGuessable(password: string, names: readonly string[]): Promise<boolean> {
  estimate ??= loadEstimate();
  const start = Array.from(password).slice(0, MAX_LENGTH).join('');
  return (await estimate)(start, names) < MIN_SCORE;
}

async function loadEstimate(): Promise<Estimate> {
  const { ZxcvbnFactory } = await import('@zxcvbn-ts/core');
  const { adjacencyGraphs, dictionary } = await import('@zxcvbn-ts/language-common');
  const factory = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: MAX_LENGTH });
  return (password, names) => factory.check(password, [...names]).score;
}
