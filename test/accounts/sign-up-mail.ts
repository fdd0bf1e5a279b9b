import type { SignUpOptions } from '../../src/accounts/sign-up/requests.ts';
import type { JobKind } from '../../src/jobs/kind.ts';
import type { Store } from '../../src/store/store.ts';

/** A mailbox, and the jobs of a store that has no runner. */
export interface OpenedMail {
  parts: Pick<SignUpOptions, 'mail' | 'sealer'>;
  /** Of the mails that were sent. */
  names: string[];
  /** Executes the job that waits. @returns the address in the mail that it has sent */
  urlOfNext(kind: JobKind): Promise<string | undefined>;
}

export function openMail(store: Store): OpenedMail {
  const names: string[] = [];
  let url: string | undefined;
  return {
    names,
    parts: {
      sealer: { seal: (_purpose, _id, bytes) => Buffer.from(bytes).toString('base64url') },
      mail: {
        send: (name, mail) => {
          names.push(name);
          ({ url } = mail);
          return Promise.resolve();
        },
      },
    },
    async urlOfNext(kind) {
      const [job] = await store.jobs.claim({ limit: 1, until: 2_000_000_000 });
      if (job?.kind !== kind.kind) throw new Error('no such job');
      const payload = JSON.parse(Buffer.from(job.sealed, 'base64url').toString());
      await kind.send({
        id: job.id,
        accountId: undefined,
        clientId: undefined,
        payload,
        attempt: 1,
        createdAt: job.createdAt,
      });
      await store.jobs.settle(job, { outcome: 'done' });
      return url;
    },
  };
}
