import { groupsOf, termsOf } from '../account-search/terms.ts';
import type { AccountRecord } from '../store.ts';
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';

/**
 * The index of searches: a sorted set with one member for each term and each group of an account, and one if it is disabled. The script
 * that changes an account changes its members, too. Versions of Signet without the index do neither: so every hit is compared with its
 * account, members that are wrong are removed when a search meets them, and missing ones are added (`account-index-pass.ts`).
 */

/** First character of a member. A member is `<kind><text>\0<username>`, so members with one text are sorted by username. */
export type MemberKind = 't' | 'g' | 'd';

/** The members of an account. */
export function membersOf(account: AccountRecord | undefined): string[] {
  if (account === undefined) return [];
  const { username, disabled } = account;
  return [
    ...termsOf(account).map((term) => indexMember('t', term, username)),
    ...groupsOf(account).map((group) => indexMember('g', group, username)),
    ...(disabled ? [indexMember('d', '', username)] : []),
  ];
}

export function indexMember(kind: MemberKind, text: string, username: string): string {
  return `${kind}${withoutNul(text)}\u0000${username}`;
}

/** The name of a group may have any character. A NUL in it would put its members among those of another group, in the order of its rest. */
function withoutNul(text: string): string {
  return text.replaceAll('\u0001', '\u0001\u0001').replaceAll('\u0000', '\u0001\u0002');
}

export function usernameOf(member: string): string {
  return member.slice(member.lastIndexOf('\u0000') + 1);
}

/** Removes members that their accounts do not have. One that has become right meanwhile stays. */
export async function removeOutdated(redis: Connection, members: readonly OutdatedMember[]): Promise<void> {
  await Promise.all(
    members.map(({ member, id, text }) =>
      redis.run(
        'removeIndexMember',
        [keys.usernames, keys.accountIndex, keys.account(id ?? '')],
        [member, usernameOf(member), id ?? '', text ?? ''],
      ),
    ),
  );
}

export interface OutdatedMember {
  member: string;
  /** The account that has the username, if there is one, and its record as it was read. */
  id: string | undefined;
  text: string | undefined;
}
