import { openStore } from '../../src/store/open.ts';
import type { ArtifactUnit, CommitOutcome } from '../../src/store/store.ts';

/** One of several processes that commit units to one store at the same time. It answers each round with the outcomes. */

/** Commits all units at once, spread over turns of the event loop so that they are in several transactions. */
export interface CommitRound {
  kind: 'commit';
  units: ArtifactUnit[];
}

/** Adds each name to the session `id`, and creates an authorization code of that name in the same unit. */
export interface MergeRound {
  kind: 'merge';
  id: string;
  names: string[];
  /** Epoch seconds. */
  expiresAt: number;
}

export interface UnitReport {
  outcomes: CommitOutcome[];
  /** Everything else, such as rejections. */
  errors: string[];
}

const address = process.argv[2] ?? '';
const { artifacts } = await openStore(address, { clock: Date.now });

process.on('message', (round: CommitRound | MergeRound) => void answer(round));
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function answer(round: CommitRound | MergeRound): Promise<void> {
  const running: Promise<CommitOutcome>[] = [];
  const attempts =
    round.kind === 'commit'
      ? round.units.map((unit) => () => artifacts.commit(unit))
      : round.names.map((name) => () => merge(round, name));
  for (const [index, attempt] of attempts.entries()) {
    running.push(attempt());
    if (index % 3 === 2) await new Promise(setImmediate);
  }
  const report: UnitReport = { outcomes: [], errors: [] };
  for (const settled of await Promise.allSettled(running)) {
    if (settled.status === 'fulfilled') report.outcomes.push(settled.value);
    else report.errors.push(String(settled.reason));
  }
  process.send?.(report);
}

async function merge({ id, expiresAt }: MergeRound, name: string): Promise<CommitOutcome> {
  for (;;) {
    const { payload, version } = await artifacts.read('Session', id);
    const outcome = await artifacts.commit({
      writes: [
        { kind: 'AuthorizationCode', id: name, write: { payload: {}, expiresAt } },
        { kind: 'Session', id, write: { payload: { ...payload, [name]: true }, expiresAt }, version },
      ],
    });
    if (outcome.outcome !== 'changed') return outcome;
  }
}
