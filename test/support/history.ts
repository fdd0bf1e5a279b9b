/** Records requests and answers while processes fail, and checks that the answers keep the promises of the store. */

/** `use`: of an access token. */
export type AttemptKind = 'code' | 'refresh' | 'assertion' | 'revoke' | 'use';

/** `unknown`: no answer, or one that says nothing about what happened. */
export type Outcome = 'success' | 'refused' | 'unknown';

export interface Attempt {
  kind: AttemptKind;
  /** The code, the token or the `jti`. */
  credential: string;
  /** What everything shares that comes from one sign-in, and that one revocation ends. */
  family: string;
  /** Positions in the history. */
  sent: number;
  answered: number;
  outcome: Outcome;
  /** Tells the success from another one: the access token that was issued. */
  answer?: string | undefined;
  /** The refresh token that came with it. */
  gave?: string | undefined;
}

export type Sent = Pick<Attempt, 'kind' | 'credential' | 'family'>;
export type Answer = Pick<Attempt, 'outcome' | 'answer' | 'gave'>;

/** Attempts in the order in which they were sent. */
export class History {
  readonly attempts: Attempt[] = [];
  #position = 0;

  /** Records an attempt and its outcome; after an error the outcome is unknown. */
  async record(what: Sent, send: () => Promise<Answer>): Promise<Attempt> {
    const attempt: Attempt = {
      ...what,
      sent: (this.#position += 1),
      answered: Number.POSITIVE_INFINITY,
      outcome: 'unknown',
    };
    this.attempts.push(attempt);
    const answer = await send().catch((): Answer => ({ outcome: 'unknown' }));
    return Object.assign(attempt, answer, { answered: (this.#position += 1) });
  }

  count(outcome: Outcome): number {
    return this.attempts.filter((attempt) => attempt.outcome === outcome).length;
  }

  /** Refresh tokens that were handed out and never sent, of families that nothing should have ended. */
  untried(): Sent[] {
    const tried = new Set(this.attempts.map(({ credential }) => credential));
    return this.attempts.flatMap(({ gave, family }) => {
      if (gave === undefined || tried.has(gave)) return [];
      if (endOf(this.#ofFamily(family), Number.POSITIVE_INFINITY)) return [];
      return [{ kind: 'refresh', credential: gave, family }];
    });
  }

  #ofFamily(family: string): Attempt[] {
    return this.attempts.filter((attempt) => attempt.family === family);
  }
}

const ONE_TIME: ReadonlySet<AttemptKind> = new Set(['code', 'refresh', 'assertion']);

/**
 * Finds contradictions, one sentence each and without a secret:
 * - a code, refresh token or `jti` that succeeded twice; the same answer given again is no second success;
 * - an acknowledged refresh token that is refused although it was neither used nor ended, or was never tried;
 * - a success after an acknowledged revocation.
 */
export function violationsOf(attempts: readonly Attempt[]): string[] {
  return [...Map.groupBy(attempts, ({ family }) => family)].flatMap(([family, all]) =>
    [...usedTwice(all), ...lost(all), ...revived(all)].map((violation) => `${family}: ${violation}`),
  );
}

function usedTwice(family: readonly Attempt[]): string[] {
  const oneTime = family.filter(({ kind }) => ONE_TIME.has(kind));
  const uses = [...Map.groupBy(oneTime, ({ kind, credential }) => `${kind} ${credential}`).values()];
  return uses.flatMap((same) => {
    const succeeded = same.filter(({ outcome }) => outcome === 'success');
    const answers = new Set(succeeded.map(({ answer }) => answer));
    return answers.size > 1 ? [`one ${same[0]?.kind} succeeded ${answers.size} times`] : [];
  });
}

function lost(family: readonly Attempt[]): string[] {
  const given = new Set(family.flatMap(({ gave }) => gave ?? []));
  return [...given].flatMap((refreshToken) => {
    const tries = family.filter(({ kind, credential }) => kind === 'refresh' && credential === refreshToken);
    if (tries.length === 0 && !endOf(family, Number.POSITIVE_INFINITY))
      return ['a refresh token was never tried'];
    return tries
      .filter((attempt) => attempt.outcome === 'refused' && !explained(attempt, tries, family))
      .map(({ sent }) => `an acknowledged refresh token was refused (${sent})`);
  });
}

/** Whether a refusal has a reason: the token had been rotated, or may have been, or its family had ended. */
function explained(refusal: Attempt, tries: readonly Attempt[], family: readonly Attempt[]): boolean {
  const rotated = tries.some((other) => other.outcome !== 'refused' && other.sent < refusal.answered);
  return rotated || endOf(family, refusal.answered);
}

/** Whether something may have ended the family before a position: a revocation, or a second use (RFC 9700 §4.14.2). */
function endOf(family: readonly Attempt[], position: number): boolean {
  const before = family.filter(({ sent }) => sent < position);
  if (before.some(({ kind, outcome }) => kind === 'revoke' && outcome !== 'refused')) return true;
  const credentials = before
    .filter(({ kind }) => ONE_TIME.has(kind))
    .map(({ kind, credential }) => `${kind} ${credential}`);
  return new Set(credentials).size < credentials.length;
}

function revived(family: readonly Attempt[]): string[] {
  const revoked = family.filter(({ kind, outcome }) => kind === 'revoke' && outcome === 'success');
  const end = Math.min(...revoked.map(({ answered }) => answered));
  return family
    .filter(({ kind, outcome, sent }) => kind !== 'revoke' && outcome === 'success' && sent > end)
    .map(({ kind, sent }) => `a ${kind} succeeded after the revocation (${sent})`);
}
