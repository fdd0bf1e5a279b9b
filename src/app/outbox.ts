import type { JobKind } from '../jobs/kind.ts';
import type { QueueFigures } from '../jobs/queue-figures.ts';
import { type JobRunner, startJobRunner } from '../jobs/runner.ts';
import type { HandlerParts } from './handler.ts';

/** Starts the runner of the outbox, whose end is that of its figures too. @param kinds the current ones */
export function startOutbox(
  { store, sealer, clock, log, metrics }: HandlerParts,
  kinds: () => readonly JobKind[],
  figures: Pick<QueueFigures, 'stop'>,
): JobRunner {
  const runner = startJobRunner({ jobs: store.jobs, kinds, sealer, clock, log, metrics });
  return {
    sendDue: () => runner.sendDue(),
    stop: async () => {
      figures.stop();
      await runner.stop();
    },
  };
}
