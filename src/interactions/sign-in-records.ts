import type { DoneMethod } from '../accounts/sign-in/methods.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { ArtifactStore, Payload } from '../store/store.ts';

/** What is stored of a sign-in between its steps, named by a digest that only the browser of the interaction leads to. */
export interface SignInRecord {
  readonly accountId: string;
  /** Of the account: a record is void when it rises. */
  readonly generation: number;
  readonly done: readonly DoneMethod[];
  /** When the second factor was used in this sign-in. Epoch seconds. */
  readonly secondFactorAt?: number | undefined;
  readonly remember?: boolean | undefined;
  readonly isFinished?: boolean | undefined;
}

export interface SignInRecords {
  find(key: string): Promise<SignInRecord | undefined>;
  write(key: string, record: SignInRecord): Promise<void>;
}

/** @param options.lifetime seconds, of an interaction */
export function createSignInRecords({
  artifacts,
  clock,
  lifetime,
}: {
  artifacts: Pick<ArtifactStore, 'find' | 'upsert'>;
  clock: Clock;
  lifetime: number;
}): SignInRecords {
  return {
    async find(key) {
      return (await artifacts.find('SignIn', key)) as SignInRecord | undefined;
    },
    async write(key, record) {
      const payload = { ...record } satisfies Payload;
      const expiresAt = nowInSeconds(clock) + lifetime;
      await artifacts.upsert('SignIn', key, { payload, expiresAt, accountId: record.accountId });
    },
  };
}
