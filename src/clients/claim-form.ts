import { ACCESS_TOKEN_CLAIMS, PROTOCOL_CLAIMS } from '../config/protocol-claims.ts';
import { isReservedName } from '../config/reserved-names.ts';
import { STANDARD_CLAIMS } from '../config/standard-claims.ts';

/** The shapes of a claim with several names: a list, or one text with spaces between them. */
export const CLAIM_FORMS = ['list', 'text'] as const;

/** How a client gets a claim. */
export interface ClaimForm {
  /** The name, or the names from the outside in: `['realm_access', 'roles']`. `{client_id}` is the id of the client. */
  readonly path: readonly string[];
  readonly shape?: (typeof CLAIM_FORMS)[number] | undefined;
}

export type ClaimForms = Readonly<Partial<Record<'groups' | 'roles', ClaimForm | undefined>>>;

/** Adds a claim in its form. Two claims may share a part of their paths. */
export function addClaim(
  claims: Record<string, unknown>,
  values: readonly string[],
  { path, shape }: ClaimForm,
  clientId: string,
): void {
  const names = path.map((name) => (name === '{client_id}' ? clientId : name));
  const last = names.pop() ?? '';
  let target = claims;
  for (const name of names) target = (target[name] ??= Object.create(null)) as Record<string, unknown>;
  target[last] = shape === 'text' ? values.join(' ') : values;
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
