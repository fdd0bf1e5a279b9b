import { accountRemoval, createDeletions } from '../../src/accounts/deletion.ts';
import { createEmailChanges } from '../../src/accounts/recovery/email-change.ts';
import { createEmailUndo } from '../../src/accounts/recovery/email-undo.ts';
import { createRecoveries } from '../../src/accounts/recovery/lost-factor.ts';
import { createReservedNames } from '../../src/accounts/reserved-names.ts';
import type { Mail } from '../../src/mail/mail.ts';
import type { AccountRecord } from '../../src/store/store.ts';
import { openRecovery, type RecoveryFixture } from '../accounts/recovery-fixture.ts';
import { row } from './support/row.ts';

const OWN = 'alice@example.com';
const THIEF = 'mallory@example.net';

/** As a process that ends at this point. */
class Killed extends Error {}
const kill = () => Promise.reject(new Killed());
const untilKilled = (work: Promise<unknown>) =>
  work.catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });

describe('L: changes of an account, and a process that is killed between two steps', () => {
  let fixture: RecoveryFixture;
  let id: string;
  beforeEach(async () => {
    fixture = await openRecovery();
    const claims = { email: OWN, email_verified: true };
    ({ id } = await fixture.accounts.add({ username: OWN, claims }));
  });
  afterEach(() => fixture.close());

  /** Of the link in the latest mail. */
  let token = '';
  const post: Mail = {
    isEnabled: true,
    send: async (_name, { url }) => void (token = url?.split('token=')[1] ?? token),
    draftNotice(_account, name, _values, { to, url } = {}) {
      token = url?.split('token=')[1] ?? token;
      return [{ id: `${name} ${to ?? ''}`.trim(), kind: 'mail', sealed: '' }];
    },
    notice: () => Promise.reject(new Error('a notice of what is no change')),
  };
  /** What the outbox sends. */
  const waiting = async () =>
    (await fixture.store.jobs.list({}, { limit: 9 })).jobs.map((job) => job.id).toSorted();
  const parts = () => ({
    store: fixture.store,
    links: fixture.recovery.links,
    mail: post,
    audit: { record: () => {} },
    sealer: { seal: (_purpose: string, _id: string, text: Buffer) => text.toString() },
    issuer: 'https://id.example',
    clock: () => fixture.now * 1000,
    revocationLifetime: 60,
    draftResetLink: () => ({ id: 'reset', kind: 'password_reset', sealed: '' }),
  });
  /** Of a process that is killed at its first change of an account, or right after it. */
  const killedParts = (after = false) => ({
    ...parts(),
    store: {
      ...parts().store,
      accounts: new Proxy(fixture.store.accounts, {
        get: (target, name) =>
          name === 'update'
            ? async (...change: Parameters<typeof target.update>) => {
                if (after) await target.update(...change);
                return await kill();
              }
            : Reflect.get(target, name).bind(target),
      }),
    },
  });
  const requestTo = async (to: string) => {
    const { generation = 0, claims = {} } = (await fixture.store.accounts.find(id)) ?? {};
    const content = { accountId: id, generation, from: claims.email, to };
    return await fixture.recovery.links.create('email change', content, 60);
  };
  row(
    'L27',
    'right after a change of the address: the owner gets the link that undoes it; right after that: a link for a new password',
    `emailChanged ${OWN}, emailConfirmed ${THIEF}; emailChangeUndone, emailChangeUndone ${THIEF}, reset; undone`,
    async () => {
      await untilKilled(createEmailChanges(killedParts(true)).verify(await requestTo(THIEF), id));
      const seen = await waiting();
      await untilKilled(createEmailUndo(killedParts(true)).undo(token));
      const later = (await waiting()).filter((each) => !seen.includes(each));
      const isBack = (await fixture.accounts.find(id))?.claims.email === OWN;
      return `${seen.join(', ')}; ${later.join(', ')}; ${isBack ? 'undone' : 'lost'}`;
    },
  );

  row(
    'L28',
    'a change to a reserved address, also one that is reserved meanwhile',
    'no mail, no mail',
    async () => {
      const names = createReservedNames({
        artifacts: fixture.store.artifacts,
        clock: () => fixture.now * 1000,
      });
      const refused = async (address: string, made = parts()) => {
        await createEmailChanges(made)
          .verify(await requestTo(address), id)
          .catch(() => undefined);
        return (await waiting()).join() || 'no mail';
      };
      await names.reserve('email', 'taken@example.org', 'another');
      const first = await refused('taken@example.org');
      const accounts = new Proxy(fixture.store.accounts, {
        get: (target, name) =>
          name === 'update'
            ? async (...change: Parameters<typeof target.update>) => {
                await names.reserve('email', 'late@example.org', 'another');
                return await target.update(...change);
              }
            : Reflect.get(target, name).bind(target),
      });
      const late = await refused('late@example.org', {
        ...parts(),
        store: { ...fixture.store, accounts },
      });
      return `${first}, ${late}`;
    },
  );

  row('L29', 'in the undoing of a change: the link still undoes it', 'undone', async () => {
    await createEmailChanges(parts()).verify(await requestTo(THIEF), id);
    await untilKilled(createEmailUndo(killedParts()).undo(token));
    await createEmailUndo(parts()).undo(token);
    return (await fixture.accounts.find(id))?.claims.email === OWN ? 'undone' : 'lost';
  });

  row('L30', 'after the removal of an account, and the job again', 'accountRemoved', async () => {
    const at = fixture.now;
    await fixture.store.accounts.update(id, () => ({ details: { deletion: { requestedAt: at, at } } }));
    const accounts = {
      find: (wanted: string) => fixture.accounts.find(wanted),
      remove: async (...removal: Parameters<typeof fixture.accounts.remove>) => {
        await fixture.accounts.remove(...removal);
        await kill();
      },
    };
    const job = { id: 'x', accountId: id, clientId: undefined, attempt: 1, createdAt: 0, payload: { at } };
    const kind = accountRemoval({ accounts, clock: () => fixture.now * 1000, mail: post });
    await untilKilled(kind.send(job));
    await kind.send({ ...job, attempt: 2 });
    return (await waiting()).join();
  });

  row(
    'L32',
    'in the use of the links of a deletion and of a recovery',
    'kept, cancelled, finished, once',
    async () => {
      const deletionsOf = (made: ReturnType<typeof parts>) =>
        createDeletions({ ...made, delay: 1000, issuer: 'https://id.example' });
      const context = { audit: { record: () => {} } };
      await deletionsOf(parts()).request(id, context);
      const seen: unknown[] = [];
      await untilKilled(deletionsOf(killedParts()).keepByLink(token, context));
      seen.push((await deletionsOf(parts()).keepByLink(token, context)) && 'kept');
      const account = async () => (await fixture.accounts.find(id))!;
      await createRecoveries(parts()).request(await account());
      await untilKilled(createRecoveries(killedParts()).cancel(token));
      seen.push((await createRecoveries(parts()).cancel(token)) && 'cancelled');
      await createRecoveries(parts()).request(await account());
      fixture.now += 86_400;
      await untilKilled(createRecoveries(killedParts()).finish(token));
      seen.push((await createRecoveries(parts()).finish(token)) && 'finished');
      seen.push((await createRecoveries(parts()).finish(token)) ?? 'once');
      return seen.map(String).join(', ');
    },
  );

  row(
    'L31',
    'a change that is taken back, while a code of the account is used',
    'the former address, and the code stays used',
    async () => {
      const clock = () => fixture.now * 1000;
      const names = createReservedNames({ artifacts: fixture.store.artifacts, clock });
      const use = ({ details }: AccountRecord) => ({ details: { ...details, passwordSetAt: 7 } });
      const artifacts = new Proxy(fixture.store.artifacts, {
        get: (target, name) =>
          name === 'find'
            ? async (...args: Parameters<typeof target.find>) => {
                const isMade = (await fixture.accounts.find(id))?.claims.email !== OWN;
                if (args[0] === 'ReservedName' && isMade) {
                  await names.reserve('email', 'taken@example.org', 'another');
                  await fixture.store.accounts.update(id, use);
                }
                return await target.find(...args);
              }
            : Reflect.get(target, name).bind(target),
      });
      const { store, ...rest } = parts();
      const changes = createEmailChanges({ ...rest, store: { ...store, artifacts } });
      await changes.verify(await requestTo('taken@example.org'), id).catch(() => undefined);
      const { claims, details } = (await fixture.store.accounts.find(id))!;
      const isBack = claims.email === OWN && (details?.emailChanges ?? []).length === 0;
      return `${isBack ? 'the former address' : String(claims.email)}, and the code ${details?.passwordSetAt === 7 ? 'stays used' : 'is new'}`;
    },
  );

  row('L34', '30 changes in a week, then the first link that undoes', '10 kept, undone', async () => {
    let first: string | undefined;
    for (let count = 0; count < 30; count += 1) {
      await createEmailChanges(parts()).verify(await requestTo(`thief-${count}@example.net`), id);
      first ??= token;
    }
    const kept = (await fixture.store.accounts.find(id))?.details?.emailChanges?.length;
    await createEmailUndo(parts()).undo(first ?? '');
    return `${kept} kept, ${(await fixture.accounts.find(id))?.claims.email === OWN ? 'undone' : 'lost'}`;
  });
});
