import type { Command } from 'commander';
import type { JobRecord } from '../store/store.ts';
import { withContext } from './context.ts';
import { formatTime, printJson, printLine, printTable } from './output.ts';
import { addPageOptions, type PageOptions, printNextPage } from './paging.ts';
import { requireAccount } from './require-account.ts';

/** `signet jobs`: the outbox, which the running servers work through. */

export function register(program: Command): void {
  const jobs = program
    .command('jobs')
    .summary('list, retry and cancel messages that wait to be sent')
    .description(
      'Lists and manages the jobs of the outbox: messages to applications that wait to be sent by the running servers, and\n' +
        'those that have failed. A job is tried for a day, and kept for a week after it has failed.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ signet jobs list --state failed
  $ signet jobs retry 3f1d2c4b5a697887
  $ signet jobs cancel 3f1d2c4b5a697887`,
    );
  registerList(jobs);
  registerRetry(jobs);
  registerCancel(jobs);
}

interface ListOptions extends PageOptions {
  state?: string;
  kind?: string;
  client?: string;
  user?: string;
  json?: boolean;
}

const STATES = ['waiting', 'failed'] as const;

function registerList(jobs: Command): void {
  addPageOptions(jobs.command('list'))
    .description('Lists jobs, the oldest first. NEXT is the next attempt, or when the job has failed.')
    .option('--state <state>', 'only those that are waiting or have failed')
    .option('--kind <kind>', 'only those of one kind, such as backchannel_logout')
    .option('--client <client_id>', 'only those for one client')
    .option('--user <username>', 'only those about one account, by username or id')
    .option('--json', 'print JSON')
    .action(async ({ json, state, kind, client, user, ...page }: ListOptions, command: Command) => {
      const wanted = STATES.find((name) => name === state);
      if (wanted === undefined && state !== undefined) command.error('error: --state is waiting or failed');
      await withContext(command, async ({ store, accounts }) => {
        const accountId = user === undefined ? undefined : (await requireAccount(accounts, user)).id;
        const filter = { state: wanted, kind, clientId: client, accountId };
        const { jobs: found, next } = await store.jobs.list(filter, page);
        if (json) printJson(found.map(describe));
        else {
          printTable(
            ['JOB', 'KIND', 'STATE', 'CREATED', 'NEXT', 'ATTEMPTS', 'CLIENT', 'REASON'],
            found.map((job) => toRow(describe(job))),
          );
        }
        printNextPage(next);
      });
    });
}

function registerRetry(jobs: Command): void {
  jobs
    .command('retry')
    .description('Makes a waiting or failed job due at once, for another day.')
    .argument('<job>', 'as in `jobs list`')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withContext(command, async ({ store, audit }) => {
        const outcome = await store.jobs.retry(id);
        if (outcome === 'absent') throw noSuchJob(id);
        if (outcome === 'claimed') throw new Error(`${id} is being sent: try again in a minute`);
        audit.record({ type: 'job.retried', target: { kind: 'job', id } });
        printLine(`job ${id} is due; a running server sends it within seconds`);
      });
    });
}

function registerCancel(jobs: Command): void {
  jobs
    .command('cancel')
    .description('Removes a job. An attempt under way is not interrupted.')
    .argument('<job>', 'as in `jobs list`')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withContext(command, async ({ store, audit }) => {
        const job = await store.jobs.cancel(id);
        if (job === undefined) throw noSuchJob(id);
        const { kind, clientId, accountId } = job;
        audit.record({
          type: 'job.cancelled',
          target: { kind: 'job', id },
          clientId,
          accountId,
          detail: { kind },
        });
        printLine(`cancelled job ${id}`);
      });
    });
}

function noSuchJob(id: string): Error {
  return new Error(`there is no job ${id}: see \`signet jobs list\``);
}

function describe({ id, createdAt, dueAt, kind, state, attempts, clientId, accountId, reason }: JobRecord) {
  return {
    job: id,
    kind,
    state,
    createdAt: formatTime(createdAt),
    [state === 'failed' ? 'failedAt' : 'nextAttemptAt']: formatTime(dueAt),
    attempts,
    clientId,
    accountId,
    reason,
  };
}

function toRow(job: ReturnType<typeof describe>): string[] {
  const { job: id, kind, state, createdAt, attempts, clientId = '', reason = '' } = job;
  const next = String(job.nextAttemptAt ?? job.failedAt);
  return [id, kind, state, createdAt, next, String(attempts), clientId, reason];
}
