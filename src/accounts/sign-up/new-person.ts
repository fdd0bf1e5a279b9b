import type { EventOrigin } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Terms } from '../../config/schema-sign-up.ts';
import type { Message } from '../../messages/messages.ts';
import type { AccountDetails, PasskeyRecord } from '../../store/store.ts';
import type { Account, Accounts } from '../accounts.ts';
import type { Passwords } from '../credentials/password.ts';
import { AccountError } from '../errors.ts';
import { acceptedTerms } from '../terms.ts';
import { hasInvisible } from '../visible-text.ts';

/**
 * Makes the account of a person who has a link, by what the person has chosen on its page. `sign-up/` owns the ways to such a link: a
 * request of the person (`requests.ts`) and an invitation (`invitations.ts`). It knows no pages and sends no mail by itself.
 *
 * A link has the id of its account, so making the account is what uses the link: of all callers, one makes it, and the link is void while
 * there is such an account, or was one. After a crash the link either works, or its account is there.
 */

/** What the link says. */
export interface Offer {
  /** Also the username. */
  readonly address: string;
  /** The link has reached the address by mail. */
  readonly isVerified: boolean;
  /** The account gets this id. */
  readonly accountId: string;
  readonly groups?: readonly string[] | undefined;
}

/** What the person chooses. */
export interface Choice {
  /** As typed. */
  name: string;
  password?: string | undefined;
  passkey?: { credentialId: string; record: PasskeyRecord } | undefined;
  acceptsTerms: boolean;
  /** BCP 47 tag of the page. */
  language?: string | undefined;
}

export interface ChoiceProblem extends Message {
  readonly field: 'name' | 'password' | 'terms';
}

export type NewPerson =
  | { outcome: 'made'; account: Account }
  /** What is wrong with the choice. Nothing has changed. */
  | { outcome: 'refused'; problems: readonly ChoiceProblem[] }
  /** Another account has the address or got it meanwhile. */
  | { outcome: 'taken' }
  /** The link was used, withdrawn or is too old. */
  | { outcome: 'void' };

export interface NewPersonOptions {
  passwords: Pick<Passwords, 'problems'>;
  /** Accounts that are changed by the person with this id. */
  accountsOf: (accountId: string, origin?: EventOrigin) => Pick<Accounts, 'add' | 'find'>;
  terms: Terms | undefined;
  /** Whether an account has an address (`known-address.ts`). */
  isKnown: (address: string) => Promise<boolean>;
  clock: Clock;
}

const MAX_NAME_LENGTH = 100;

/** @throws PasswordQueueFullError */
export async function addPerson(
  options: NewPersonOptions,
  offer: Offer,
  choice: Choice,
  origin?: EventOrigin,
): Promise<NewPerson> {
  const { terms, clock, accountsOf } = options;
  const problems = await problemsOf(options, offer, choice);
  if (problems.length > 0) return { outcome: 'refused', problems };
  const { password, passkey, language } = choice;
  const now = nowInSeconds(clock);
  const details: AccountDetails = {
    ...(terms !== undefined && { terms: acceptedTerms(terms, now) }),
    ...(passkey !== undefined && { factors: { passkeys: { [passkey.credentialId]: passkey.record } } }),
  };
  const claims = {
    name: choice.name.trim(),
    email: offer.address,
    email_verified: offer.isVerified,
    ...(language !== undefined && { locale: language }),
    ...(offer.groups !== undefined && offer.groups.length > 0 && { groups: [...offer.groups] }),
  };
  const { accountId: id, address: username } = offer;
  const accounts = accountsOf(id, origin);
  // Since the link was made.
  if (await options.isKnown(username)) return await refusalOf(offer, accounts);
  try {
    const account = await accounts.add({
      id,
      username,
      password,
      skipPasswordRules: true,
      claims,
      details,
    });
    return { outcome: 'made', account };
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    // Everything that the person can choose was checked before. Either another form of the link was first, or another account has the name,
    // had it until recently, or has the address.
    return await refusalOf(offer, accounts);
  }
}

async function refusalOf(
  { accountId }: Offer,
  accounts: Pick<Accounts, 'find'>,
): Promise<{ outcome: 'taken' | 'void' }> {
  return { outcome: (await accounts.find(accountId)) === undefined ? 'taken' : 'void' };
}

async function problemsOf(
  { passwords, terms }: NewPersonOptions,
  { address }: Offer,
  { name, password, passkey, acceptsTerms }: Choice,
): Promise<ChoiceProblem[]> {
  const problems: ChoiceProblem[] = [];
  const trimmed = name.trim();
  const nameProblem = problemOfName(trimmed);
  if (nameProblem !== undefined) problems.push({ ...nameProblem, field: 'name' });
  if (passkey === undefined) {
    const found = await passwords.problems(password ?? '', address, [trimmed]);
    for (const problem of found) problems.push({ ...problem, field: 'password' });
  }
  if (terms !== undefined && !acceptsTerms) problems.push({ key: 'signUp.problems.terms', field: 'terms' });
  return problems;
}

function problemOfName(name: string): Message | undefined {
  if (name === '') return { key: 'signUp.problems.noName' };
  if (Array.from(name).length > MAX_NAME_LENGTH)
    return { key: 'signUp.problems.longName', values: { maximum: MAX_NAME_LENGTH } };
  return hasInvisible(name) ? { key: 'signUp.problems.invisibleName' } : undefined;
}
