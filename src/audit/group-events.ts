import { ACCOUNT, type AuditEventKind, HOLDER } from './event-kind.ts';

const GROUP = { kind: 'group', id: 'named' } as const;

/** Groups of accounts. */
export const GROUP_EVENTS = {
  'group.added': {
    meaning: 'A group was added.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: GROUP,
  },
  'group.renamed': {
    meaning: 'A group got another name, and its members with it.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: GROUP,
  },
  'group.removed': {
    meaning: 'A group was removed; its members are no members any more.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: GROUP,
  },
  'group.member_added': {
    meaning: 'An account became a member of a group.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'group.member_removed': {
    meaning: 'An account is no member of a group any more.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'access.denied': {
    meaning: 'A person was shown that the account is in none of the groups that may use a client.',
    outcome: 'failure',
    actor: HOLDER,
    target: { kind: 'client', id: 'clientId' },
  },
} as const satisfies Record<string, AuditEventKind>;
