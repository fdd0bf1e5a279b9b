import type { AccountRecord } from '../../src/store/store.ts';

/** An account without password and claims. */
export function accountNamed(username: string, id = username): AccountRecord {
  return {
    id,
    username,
    passwordHash: undefined,
    claims: {},
    disabled: false,
    generation: 0,
    createdAt: 0,
    updatedAt: 0,
  };
}
