import type { AccountStore } from '../../src/store/store.ts';

/** Accounts whose sessions outlast a first factor: as if it had been enrolled before they were made, or by an earlier version. */
export function withLastingSessions<Accounts extends Pick<AccountStore, 'update'>>(
  accounts: Accounts,
): Accounts {
  const update: AccountStore['update'] = (id, change) =>
    accounts.update(id, (current) => {
      const changed = change(current);
      return changed && { ...changed, generation: current.generation };
    });
  return new Proxy(accounts, {
    get(target, name) {
      if (name === 'update') return update;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
