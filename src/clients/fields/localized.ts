import * as v from 'valibot';
import { INFORMATION } from './information.ts';

/**
 * What the pages show of a client, in other languages: `client_name#de` beside `client_name` (RFC 7591 §2.2, OpenID Connect Dynamic Client
 * Registration §2.1). The tag is one of BCP 47. Names are kept as they were registered, and compared without regard to case.
 */

const LOCALIZED = ['client_name', 'client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const;
export type LocalizedMember = (typeof LOCALIZED)[number];

export type LocalizedMetadata = Readonly<Record<`${LocalizedMember}#${string}`, string>>;

/** Of one client: five members in twenty languages. */
const MAX_LOCALIZED = 100;
const MAX_TAG_LENGTH = 35;

/** Whether a name is one of these members with a tag, which may be invalid. */
export function isLocalizedName(name: string): name is `${LocalizedMember}#${string}` {
  return name.includes('#') && isLocalizedMember(memberOf(name));
}

/** `client_name#de` → `client_name`; a name without a tag stays as it is. */
export function memberOf(name: string): string {
  return name.split('#', 1)[0] as string;
}

function isLocalizedMember(name: string): name is LocalizedMember {
  return LOCALIZED.some((member) => member === name);
}

/** @returns `problems`: one sentence per problem */
export function checkLocalized(entries: readonly (readonly [name: string, value: unknown])[]): {
  metadata: LocalizedMetadata;
  problems: string[];
} {
  if (entries.length > MAX_LOCALIZED)
    return {
      metadata: {},
      problems: [`client metadata: more than ${MAX_LOCALIZED} members in other languages`],
    };
  const seen = new Set<string>();
  const checked = entries.map(([name, value]) => {
    const [member, tag] = partsOf(name);
    const shown = `${member}#${tag.slice(0, MAX_TAG_LENGTH).replaceAll(/[^\w-]/g, '?')}`;
    if (!isLanguageTag(tag))
      return { name, problem: `${shown}: is not a language tag (BCP 47), such as de or pt-BR` };
    const key = `${member}#${tag.toLowerCase()}`;
    if (seen.has(key)) return { name, problem: `${shown}: is there twice` };
    seen.add(key);
    const { success, output, issues } = v.safeParse(v.unwrap(INFORMATION[member]), value);
    return success ? { name, output } : { name, problem: `${shown}: ${issues[0].message}` };
  });
  return {
    metadata: Object.fromEntries(
      checked.flatMap(({ name, output }) => (output === undefined ? [] : [[name, output]])),
    ),
    problems: checked.flatMap(({ problem }) => problem ?? []),
  };
}

/** The values of stored metadata. */
export interface LocalizedValue {
  readonly member: LocalizedMember;
  /** In lower case. */
  readonly tag: string;
  readonly value: string;
}

export function localizedValues(metadata: Readonly<Record<string, unknown>>): LocalizedValue[] {
  return Object.entries(metadata).flatMap(([name, value]) => {
    if (!isLocalizedName(name) || typeof value !== 'string') return [];
    const [member, tag] = partsOf(name);
    return [{ member, tag: tag.toLowerCase(), value }];
  });
}

function partsOf(name: string): [member: LocalizedMember, tag: string] {
  const member = memberOf(name);
  if (!isLocalizedMember(member)) throw new TypeError('not a member with a language');
  return [member, name.slice(member.length + 1)];
}

function isLanguageTag(tag: string): boolean {
  if (tag.length > MAX_TAG_LENGTH || !/^[A-Za-z0-9-]+$/.test(tag)) return false;
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
