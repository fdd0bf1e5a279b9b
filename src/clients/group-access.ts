/** What groups mean to a client: who may use it, and which roles its people have. */

/** Group names by role. */
export type RoleGroups = Readonly<Record<string, readonly string[]>>;

/** @param allowed `allowed_groups` of a client; undefined: everyone */
export function mayUseClient(
  allowed: readonly string[] | undefined,
  { claims }: { readonly claims: Readonly<Record<string, unknown>> },
): boolean {
  return allowed === undefined || groupsIn(claims).some((group) => allowed.includes(group));
}

/** The roles of a person, in the order of the client's metadata. */
export function rolesOf(roles: RoleGroups, groups: readonly string[]): string[] {
  return Object.keys(roles).filter((role) => roles[role]?.some((group) => groups.includes(group)));
}

/** The claim `groups`. */
export function groupsIn({ groups }: Readonly<Record<string, unknown>>): string[] {
  return Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
}
