import type { Account } from './accounts.ts';
import type { LinkContent, Links } from './links.ts';

/**
 * A password alone enrols no first factor, because another person may have learned it. A permit lets it, in one browser: that in which its
 * person has just proven more, by a link. It is a token like that of a link (`links.ts`), and void with another generation of the account,
 * so also with the first factor.
 */

/** The page of the link of an administrator, which gives a permit. */
export const ENROLMENT_PATH = '/enrolment';

/** Seconds in which the person signs in and adds a factor. */
export const PERMIT_LIFETIME = 3600;

type Holder = Pick<Account, 'id' | 'generation'>;

/** @returns the token, for a cookie of the browser */
export async function createPermit(
  links: Pick<Links, 'create'>,
  { id: accountId, generation }: Holder,
): Promise<string> {
  return await links.create('enrolment', { accountId, generation, isPermit: true }, PERMIT_LIFETIME);
}

/** Whether a token permits the account. That of a link does not: the link has to be used first. */
export async function isPermitted(
  links: Pick<Links, 'find'>,
  token: string | undefined,
  { id, generation }: Holder,
): Promise<boolean> {
  const content = token === undefined ? undefined : await links.find(token, 'enrolment');
  return isPermit(content) && content?.accountId === id && content.generation === generation;
}

export function isPermit(content: LinkContent | undefined): boolean {
  return content?.isPermit === true;
}
