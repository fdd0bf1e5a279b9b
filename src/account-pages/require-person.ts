import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import { usableFactors } from '../accounts/sign-in/methods.ts';
import { type PersonNeed, personNeeds, type PersonRequirement } from '../accounts/sign-in/person-needs.ts';
import { mfaPolicy } from '../accounts/sign-in/policy.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import { ACCOUNT_CLIENT, ACCOUNT_MFA, SIGNED_IN_PATH } from '../clients/account-client.ts';
import type { Config } from '../config/config.ts';
import { issuerUrl } from '../config/issuer.ts';
import { relyingParty } from '../config/relying-party.ts';
import { uiLocalesOf } from '../http/languages.ts';
import { PATHS, publicPath } from '../http/paths.ts';
import { Problem } from '../http/problem.ts';
import type { Route } from '../http/route.ts';
import { seeOther } from '../http/see-other.ts';
import type { Services, SignedIn } from '../http/services.ts';
import { returnPage } from './return-page.ts';

/**
 * The sign-in of the account pages, without an application: a built-in client runs the code flow and throws the code away.
 *
 *     GET /account/… ──no session, or not good enough──► /authorize (client signet-account, state: the page)
 *          ▲                                                  │ login, second factor: as for every application
 *          └────────────── /account/signed-in?state=… ◄───────┘
 */

export interface RequirePersonOptions {
  config: Pick<Config, 'issuer' | 'mfa' | 'passkeys' | 'brand'>;
  clock: Clock;
  signedIn: Services['signedIn'];
  /** Whether the person may enrol a first factor with the password alone: a new account, or a link of an administrator. */
  mayEnrol: (ctx: Context, account: Account) => Promise<boolean>;
  confirmation: Confirmation;
}

/** A code that was sent to the address of the account. */
export interface Confirmation {
  /** Whether the account has an address, and mail can be sent. */
  isPossible(account: Account): boolean;
  isGiven(person: SignedIn): Promise<boolean>;
  /** The page that asks for it, below the path of the issuer. @param to the page that needs it */
  path(to: string): string;
}

export function createRequirePerson(options: RequirePersonOptions): Services['requirePerson'] {
  return (requirement = {}) =>
    async (ctx, next) => {
      const person = await options.signedIn(ctx);
      if (person === undefined) {
        leadToSignIn(ctx, options, { need: 'sign_in' });
        return;
      }
      const need = await needOf(ctx, person, requirement, options);
      if (need.need === 'nothing') {
        ctx.state.person = person;
        await next();
      } else if (need.need === 'sign_in') leadToSignIn(ctx, options, need, person);
      else await leadToHelp(ctx, options, need, person);
    };
}

async function needOf(
  ctx: Context,
  person: SignedIn,
  requirement: PersonRequirement,
  { config, clock, mayEnrol, confirmation }: RequirePersonOptions,
): Promise<PersonNeed> {
  const { account, acr, authTime, secondFactorAt } = person;
  const state = {
    acr,
    authTime,
    hasUsedSecondFactor: secondFactorAt !== undefined,
    secondFactorAt,
    hasPassword: account.hasPassword,
    ...usableFactors(account, relyingParty(config)),
    policy: mfaPolicy(config.mfa, account, ACCOUNT_MFA),
    now: nowInSeconds(clock),
    mayEnrol: false,
  };
  let need = personNeeds(state, requirement);
  // What may take a read of the store is asked for only where it could change the answer.
  if ((need.need === 'enrolment' || need.need === 'confirmation') && (await mayEnrol(ctx, account)))
    need = personNeeds({ ...state, mayEnrol: true }, requirement);
  return need.need === 'confirmation' && (await confirmation.isGiven(person)) ? { need: 'nothing' } : need;
}

function leadToSignIn(
  ctx: Context,
  { config: { issuer } }: RequirePersonOptions,
  { acr, maxAge }: Extract<PersonNeed, { need: 'sign_in' }>,
  person?: SignedIn,
): void {
  const parameters = new URLSearchParams({
    client_id: ACCOUNT_CLIENT,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: issuerUrl(issuer, SIGNED_IN_PATH),
    state: pageOf(ctx),
    code_challenge_method: 'S256',
    // Of a verifier that is thrown away: the code cannot be redeemed.
    code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    ...(acr !== undefined && { acr_values: acr }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
    ...(person !== undefined && { login_hint: person.account.username }),
    // The languages of a link to the page are those of its sign-in.
    ...uiLocalesOf(ctx),
  });
  seeOther(ctx, `${publicPath(ctx, PATHS.authorization)}?${parameters.toString()}`);
}

async function leadToHelp(
  ctx: Context,
  { confirmation }: RequirePersonOptions,
  { need }: { need: keyof typeof HELP },
  person: SignedIn,
): Promise<void> {
  if (need === 'confirmation' && confirmation.isPossible(person.account)) {
    seeOther(ctx, publicPath(ctx, confirmation.path(pageOf(ctx))));
    return;
  }
  const [description, key] = HELP[need];
  throw new Problem(403, 'access_denied', description, { format: 'page', words: { key } });
}

/** Of what no sign-in can give: a description for the log, and the key of the texts. */
const HELP = {
  enrolment: ['the account has no second factor', 'requirePerson.enrolment'],
  confirmation: ['a second proof is required', 'requirePerson.confirmation'],
  passkey: ['a sign-in with the passkey of the account is required', 'requirePerson.passkey'],
} as const;

/** A form that was posted is shown again: what was typed is lost. */
function pageOf(ctx: Context): string {
  return ctx.method === 'POST' ? ctx.path : ctx.path + ctx.search;
}

/** Where a sign-in of the built-in client ends. The session is there already: the answer of the engine is of no use. */
export function signedInRoute(): Route {
  return {
    kind: 'page',
    path: SIGNED_IN_PATH,
    name: 'account_signed_in',
    show: (ctx) => {
      const { state, error } = ctx.query;
      const isCancelled = error !== undefined;
      seeOther(ctx, publicPath(ctx, isCancelled ? '/' : returnPage(state)));
    },
  };
}
