import * as v from 'valibot';
import { nearest } from '../config/nearest.ts';
import { checkLocalized, isLocalizedName } from './fields/localized.ts';
import { CLIENT_METADATA, type ClientMetadata, FIELDS, type MetadataContext, shape } from './fields/shape.ts';
import { DEFAULT_GRANT_TYPE, signsPeopleIn } from './grant-types.ts';
import { RULES } from './rules.ts';

/**
 * Client metadata by registered names (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2) and Signet's own members: types
 * and defaults (`fields/`), and rules across members (`rules.ts`). All metadata is validated before it is stored.
 */

/**
 * Validates metadata and adds the defaults.
 * @param input without `client_id` and `client_secret`
 * @returns `problems`: one sentence per problem. Store `metadata` only if there are none
 */
export function checkMetadata(
  input: Record<string, unknown>,
  context: MetadataContext,
): { metadata: ClientMetadata; problems: string[] } {
  const [tagged, others] = partition(Object.entries(input), ([name]) => isLocalizedName(name));
  const localized = checkLocalized(tagged);
  const [known, unknown] = partition(others, ([name]) => Object.hasOwn(FIELDS, name));
  const issues = v.safeParse(shape, withDefaults(known)).issues ?? [];
  const wrong = new Set(issues.map((issue) => String(issue.path?.[0].key)));
  const metadata = {
    ...v.parse(shape, withDefaults(known.filter(([name]) => !wrong.has(name)))),
    ...localized.metadata,
  };
  const problems = [
    ...unknown.map(([name]) => problemOfName(name)),
    ...issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`),
    ...localized.problems,
    ...RULES.filter((rule) => !rule.reads.some((name) => wrong.has(name))).flatMap((rule) =>
      rule.check(metadata, context),
    ),
  ];
  return { metadata, problems };
}

/** Whether the client authenticates with a secret. */
export function needsSecret(metadata: Pick<ClientMetadata, 'token_endpoint_auth_method'>): boolean {
  return metadata.token_endpoint_auth_method.startsWith('client_secret_');
}

/** Defaults that depend on other metadata. */
function withDefaults(entries: readonly [string, unknown][]): Record<string, unknown> {
  const input = Object.fromEntries(entries);
  const grants = Array.isArray(input.grant_types) ? input.grant_types : [DEFAULT_GRANT_TYPE];
  return { response_types: defaultResponseTypes(grants), scope: defaultScope(grants), ...input };
}

/** The response types of a client that registers none. Those of the front channel have no default. */
export function defaultResponseTypes(grantTypes: readonly unknown[]): string[] {
  return grantTypes.includes('authorization_code') ? ['code'] : [];
}

/** The scope of a client that registers none. */
export function defaultScope(grantTypes: readonly unknown[]): string {
  if (!signsPeopleIn(grantTypes)) return '';
  return grantTypes.includes('refresh_token')
    ? 'openid profile email offline_access'
    : 'openid profile email';
}

/** The problem with a name that is no client metadata. */
export function problemOfName(name: string): string {
  const close = nearest(name, CLIENT_METADATA);
  // The sentence is shown in terminals, logs and responses.
  const shown = /^[\w-]{1,100}$/.test(name) ? name : JSON.stringify(name.slice(0, 100));
  return `${shown}: unknown client metadata${close === undefined ? '' : `; did you mean ${close}?`}`;
}

function partition<Item>(items: readonly Item[], belongs: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
