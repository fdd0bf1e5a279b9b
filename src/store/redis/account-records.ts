import type { AccountRecord } from '../store.ts';

/** The record of an account, and its member of the sorted set of usernames: `<username>\0<id>`. */

/** Sorts like the username, by its bytes. */
export function usernameMember({ username, id }: AccountRecord): string {
  return `${username}\u0000${id}`;
}

export function idOf(member: string): string {
  return member.slice(member.indexOf('\u0000') + 1);
}

/** The range of members with one username. The upper bound is also the lower bound of the members after it. */
export function usernameRange(username: string): [from: string, to: string] {
  return [`[${username}\u0000`, `(${username}\u0001`];
}

export function decodeAccount(text: string): AccountRecord {
  const account: AccountRecord = JSON.parse(text);
  return { ...account, passwordHash: account.passwordHash };
}
