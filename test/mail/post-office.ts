import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createMailing, type Mailing } from '../../src/app/mailing.ts';
import { type Config, parseConfig } from '../../src/config/config.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { type JobRunner, startJobRunner } from '../../src/jobs/runner.ts';
import { listMails, type WrittenMail } from '../../src/mail/mail-directory.ts';
import { createMessages } from '../../src/messages/messages.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { TestClock } from '../store/store-test.ts';

/** The mail of a server without the server: a store, the outbox, and what both say. */
export interface PostOffice extends Mailing {
  config: Config;
  store: Store;
  clock: TestClock;
  runner: JobRunner;
  /** Audit events, as `type mail`. */
  events: string[];
  /** Everything that was logged, as JSON. */
  logged: string[];
  directory: string;
  /** Sends what is due. @returns the mails of the directory, the oldest first */
  mails(): Promise<WrittenMail[]>;
  close(): Promise<void>;
}

/** @param mail by default, mails are files */
export async function openPostOffice(
  mail: ConfigInput['mail'] = {},
  brand: ConfigInput['brand'] = {},
): Promise<PostOffice> {
  const root = makeMemoryDirectory('mail');
  const directory = join(root, 'mails');
  const config = parseConfig({
    keys: join(root, 'keys'),
    brand,
    mail: { server: `file:${directory}`, from: 'login@example.com', ...mail },
  });
  const clock = new TestClock();
  const store = await openStore('sqlite::memory:', { clock: clock.milliseconds });
  const events: string[] = [];
  const logged: string[] = [];
  const write = (...parts: unknown[]) => void logged.push(JSON.stringify(parts));
  const log = { debug: write, info: write, warn: write, error: write } as never;
  const sealer = createSealer(config);
  const mailing = createMailing({
    config,
    messages: createMessages(),
    store,
    sealer,
    audit: { record: ({ type, detail }) => void events.push(`${type} ${String(detail?.mail)}`) },
    log,
    metrics: { limited: (limit) => void logged.push(limit) },
    clock: clock.milliseconds,
  });
  const runner = startJobRunner({
    jobs: store.jobs,
    kinds: () => mailing.mailJobs,
    sealer,
    clock: clock.milliseconds,
    log,
    metrics: { job: () => undefined },
  });
  return {
    ...mailing,
    config,
    store,
    clock,
    runner,
    events,
    logged,
    directory,
    async mails() {
      await runner.sendDue();
      return (await listMails(directory)).toReversed();
    },
    async close() {
      await runner.stop();
      await store.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
