import { isJsonObject } from '../config/json-object.ts';
import { ACCESS_TOKEN_CLAIMS, PROTOCOL_CLAIMS } from '../config/protocol-claims.ts';
import { isReservedName } from '../config/reserved-names.ts';
import { STANDARD_CLAIMS } from '../config/standard-claims.ts';

/** The shapes of a claim with several names: a list, or one text with spaces between them, which lacks names that have one. */
export const CLAIM_FORMS = ['list', 'text'] as const;

/** In a path, the id of the client. */
const CLIENT_ID = '{client_id}';

/** How a client gets a claim. */
export interface ClaimForm {
  /** The name, or the names from the outside in: `['realm_access', 'roles']`. `{client_id}` is the id of the client, and not the first. */
  readonly path: readonly string[];
  readonly shape?: (typeof CLAIM_FORMS)[number] | undefined;
}

export type ClaimForms = Readonly<Partial<Record<'groups' | 'roles', ClaimForm | undefined>>>;

/**
 * Adds a claim in its form. Two claims may share a part of their paths, also with a claim of the account: its members are copied, because
 * the object may be of a stored record. A value that has no members gives way.
 */
export function addClaim(
  claims: Record<string, unknown>,
  values: readonly string[],
  { path, shape }: ClaimForm,
  clientId: string,
): void {
  const names = path.map((name) => (name === CLIENT_ID ? clientId : name));
  const last = names.pop() ?? '';
  let target = claims;
  for (const name of names) {
    const inner: Record<string, unknown> = Object.assign(Object.create(null), membersOf(target, name));
    target[name] = inner;
    target = inner;
  }
  // `staff admin` would be read as two groups, of which the person may be in neither.
  target[last] = shape === 'text' ? values.filter((value) => !/\s/.test(value)).join(' ') : values;
}

function membersOf(target: Record<string, unknown>, name: string): object | undefined {
  const value = Object.hasOwn(target, name) ? target[name] : undefined;
  return isJsonObject(value) ? value : undefined;
}

/** Claims of people that have a meaning of their own, and those of the protocol, cannot be names of others. */
export function claimNameProblems({
  claim_names: forms = {},
}: {
  claim_names?: ClaimForms | undefined;
}): string[] {
  const { groups, roles } = forms;
  const problems = Object.entries({ groups, roles }).flatMap(([claim, form]) => {
    const [first = '', ...inner] = form?.path ?? [claim];
    const isTaken =
      // The id of a client may be the name of any claim.
      first === CLIENT_ID ||
      PROTOCOL_CLAIMS.has(first) ||
      ACCESS_TOKEN_CLAIMS.has(first) ||
      (STANDARD_CLAIMS.has(first) && first !== claim) ||
      [first, ...inner].some(isReservedName);
    return isTaken ? [`claim_names: ${claim} cannot be ${form?.path.join('.')}; choose another name`] : [];
  });
  const [one, other] = [groups ?? { path: ['groups'] }, roles ?? { path: ['roles'] }];
  const shorter = Math.min(one.path.length, other.path.length);
  const clash = one.path.slice(0, shorter).every((name, index) => name === other.path[index]);
  return clash ? [...problems, 'claim_names: groups and roles need different names'] : problems;
}
