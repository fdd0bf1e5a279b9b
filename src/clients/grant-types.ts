/**
 * The grant types that a client can register (RFC 7591 §2), and what registration requires of a client that does. Validation, the help of
 * `signet client`, the documents and discovery follow from this table. The grants themselves are in `oidc/grants/`; `oidc/provider.ts` must
 * have one for each row, or it does not compile.
 */
export const GRANT_TYPES = {
  authorization_code: { signsIn: true },
  implicit: { signsIn: true },
  refresh_token: { requires: 'authorization_code' },
  client_credentials: { confidential: 'RFC 6749 §4.4', forApis: true },
} as const satisfies Record<string, GrantTypeRules>;

interface GrantTypeRules {
  /** A person is asked at the authorization endpoint. */
  readonly signsIn?: true;
  /** Another grant type that the client must register too. */
  readonly requires?: string;
  /** The client must have credentials: where that is specified. */
  readonly confidential?: string;
  /** Every token is for an API, so the client must have one. */
  readonly forApis?: true;
}

export type GrantType = keyof typeof GRANT_TYPES;

export const GRANT_TYPE_NAMES = Object.keys(GRANT_TYPES) as readonly GrantType[];

export const DEFAULT_GRANT_TYPE = 'authorization_code' satisfies GrantType;

/** @returns a sentence for each grant type that the client cannot have */
export function grantTypeProblems(types: readonly GrantType[], client: { isPublic: boolean }): string[] {
  return types.flatMap((type) => {
    const { requires, confidential }: GrantTypeRules = GRANT_TYPES[type];
    return [
      ...(requires !== undefined && !(types as readonly string[]).includes(requires)
        ? [`grant_types: ${type} needs ${requires}`]
        : []),
      ...(confidential !== undefined && client.isPublic
        ? [`grant_types: ${type} needs a client that authenticates (${confidential})`]
        : []),
    ];
  });
}

/** @param types of a client, which may be unchecked. @returns whether it signs people in, and gets ID tokens */
export function signsPeopleIn(types: unknown): boolean {
  return (
    Array.isArray(types) &&
    GRANT_TYPE_NAMES.some((type) => (GRANT_TYPES[type] as GrantTypeRules).signsIn && types.includes(type))
  );
}

/** The grant types of a client that give tokens for APIs alone. */
export function grantTypesForApis(types: readonly GrantType[]): GrantType[] {
  return types.filter((type) => (GRANT_TYPES[type] as GrantTypeRules).forApis === true);
}
