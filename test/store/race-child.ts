import { ConflictError, GrantRevokedError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { accountNamed } from './account-records.ts';

/**
 * One of several processes that race on one store. The parent sends an address, then rounds; the child answers each round with the
 * outcome of its attempts.
 */

/** Attempts to redeem the same artifacts, spread over turns of the event loop so that they are in several commits. */
export interface RedeemRound {
  kind: 'redeem';
  /** Of the authorization code, the refresh token and the replay id. */
  id: string;
  attempts: number;
  /** Epoch seconds. */
  expiresAt: number;
}

/** Attempts to write access tokens, named `<prefix>-0` and so on, under a grant that the parent revokes at the same time. */
export interface IssueRound {
  kind: 'issue';
  grantId: string;
  prefix: string;
  attempts: number;
  /** Epoch seconds. */
  expiresAt: number;
}

/** Additions to one counter; a success is one of the first `limit`. */
export interface CountRound {
  kind: 'count';
  key: string;
  attempts: number;
  limit: number;
}

/** Accounts that are added with one email address, named `<prefix>-0` and so on. */
export interface EmailRound {
  kind: 'email';
  email: string;
  prefix: string;
  attempts: number;
}

/** Changes of one account, client, artifact and signing key, each of which adds one name: `<prefix>-0` and so on. */
export interface ChangeRound {
  kind: 'change';
  /** Of the account, the client, the artifact and the signing key. */
  id: string;
  prefix: string;
  attempts: number;
  /** Epoch seconds. */
  expiresAt: number;
}

/** Changes of accounts named `<prefix>0` and so on, which every process changes, with a search after each; a success found them right. */
export interface SearchRound {
  kind: 'search';
  prefix: string;
  accounts: number;
  attempts: number;
  /** Usernames of accounts that nobody changes: those in the group `stable`, by username. */
  stable: readonly string[];
}

/** Claims of the jobs that are due; a success is named by its job. */
export interface ClaimRound {
  kind: 'claim';
  attempts: number;
  /** Epoch seconds. */
  until: number;
}

type Round = RedeemRound | IssueRound | CountRound | EmailRound | ChangeRound | SearchRound | ClaimRound;

export interface RaceReport {
  /** Number of successful attempts by kind. */
  successes: Record<string, number>;
  /** Every outcome that is neither a success nor an error of the contract. */
  errors: string[];
}

const address = process.argv[2] ?? '';
const { artifacts, counters, accounts, clients, signingKeys, jobs } = await openStore(address, {
  clock: Date.now,
  uniqueEmail: true,
});

process.on('message', (round: Round) => void answer(round));
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function answer(round: Round): Promise<void> {
  const report: RaceReport = { successes: {}, errors: [] };
  const count = async (name: string, attempt: () => Promise<boolean>) => {
    try {
      if (await attempt()) report.successes[name] = (report.successes[name] ?? 0) + 1;
    } catch (error) {
      report.errors.push(String(error));
    }
  };
  const running: Promise<void>[] = [];
  for (let index = 0; index < round.attempts; index++) {
    if (round.kind === 'redeem') {
      const { id, expiresAt } = round;
      running.push(
        count('AuthorizationCode', () => artifacts.consume('AuthorizationCode', id)),
        count('RefreshToken', () => artifacts.consume('RefreshToken', id)),
        count('ReplayDetection', () => artifacts.createOnce('ReplayDetection', id, expiresAt)),
      );
    } else if (round.kind === 'count') {
      const { key, limit } = round;
      running.push(count('counted', async () => ((await addTo(key))?.count ?? 0) <= limit));
    } else if (round.kind === 'claim') {
      running.push(count('claim', async () => await claimTwo(round, report)));
    } else if (round.kind === 'email') {
      running.push(count('account', () => addAccount(round, index)));
    } else if (round.kind === 'change') {
      const name = `${round.prefix}-${index}`;
      for (const [what, change] of Object.entries(changes(round, name))) running.push(count(what, change));
    } else if (round.kind === 'search') {
      running.push(count('search', () => changeAndSearch(round, index)));
    } else {
      running.push(count('AccessToken', () => issue(round, index)));
    }
    if (index % 3 === 2) await new Promise(setImmediate);
  }
  await Promise.all(running);
  process.send?.(report);
}

/** @returns whether there was something to change */
function changes({ id, expiresAt }: ChangeRound, name: string): Record<string, () => Promise<boolean>> {
  return {
    account: async () =>
      (await accounts.update(id, ({ claims }) => ({ claims: { ...claims, [name]: name } }))) !== undefined,
    client: async () =>
      (await clients.update(id, (current) => ({
        ...current,
        metadata: { ...current.metadata, [name]: name },
      }))) !== undefined,
    artifact: async () => {
      await artifacts.update('Consent', id, (current) => ({
        payload: { ...current, [name]: name },
        expiresAt,
      }));
      return true;
    },
    'signing key': async () =>
      await signingKeys.update(id, (current) => ({ ...current, sealed: `${current.sealed} ${name}` })),
  };
}

async function claimTwo({ until }: ClaimRound, { successes }: RaceReport): Promise<boolean> {
  const claimed = await jobs.claim({ limit: 2, until });
  for (const { id } of claimed) successes[id] = (successes[id] ?? 0) + 1;
  return claimed.length > 0;
}

async function addTo(key: string) {
  const [count] = await counters.add([{ key, lifetime: 3600 }]);
  return count;
}

async function addAccount({ email, prefix }: EmailRound, index: number): Promise<boolean> {
  try {
    await accounts.create({ ...accountNamed(`${prefix}-${index}`), claims: { email } });
    return true;
  } catch (error) {
    if (error instanceof ConflictError && error.on === 'email') return false;
    throw error;
  }
}

async function issue({ grantId, prefix, expiresAt }: IssueRound, index: number): Promise<boolean> {
  try {
    await artifacts.upsert('AccessToken', `${prefix}-${index}`, { payload: {}, expiresAt, grantId });
    return true;
  } catch (error) {
    if (error instanceof GrantRevokedError) return false;
    throw error;
  }
}

/** @returns whether a search found every account that does not change once, in order, and nothing that does not match */
async function changeAndSearch(
  { prefix, accounts: count, stable }: SearchRound,
  index: number,
): Promise<boolean> {
  const id = `${prefix}${index % count}`;
  const word = `word${Math.floor(Math.random() * 3)}`;
  try {
    await accounts.update(id, () => ({
      username: `${Math.random() < 0.5 ? 'a' : 'z'}-${id}`,
      claims: { name: `Anybody ${word}`, email: `${word}-${id}@example.com`, groups: [word] },
      disabled: Math.random() < 0.5,
    }));
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
  const [byWord, byGroup, all] = await Promise.all([
    accounts.list({ search: word, limit: 1000 }),
    accounts.list({ group: word, disabled: true, limit: 1000 }),
    accounts.list({ search: 'anybody', limit: 1000 }),
  ]);
  const unchanged = all.filter(({ claims }) => claims.groups?.toString() === 'stable');
  return (
    byWord.every(({ claims }) => claims.groups?.toString() === word) &&
    byGroup.every(({ claims, disabled }) => disabled && claims.groups?.toString() === word) &&
    String(unchanged.map(({ username }) => username)) === String(stable)
  );
}
