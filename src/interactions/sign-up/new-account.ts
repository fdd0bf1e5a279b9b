import type { Context, Middleware } from 'koa';
import type { Account } from '../../accounts/accounts.ts';
import type { Choice, NewPerson } from '../../accounts/sign-up/new-person.ts';
import type { InvitedPeople } from '../../accounts/sign-up/new-people.ts';
import { INVITATION_PATH } from '../../accounts/sign-up/invitations.ts';
import { SIGN_UP_LINK_PATH, type SignUps, type WaitingRequest } from '../../accounts/sign-up/requests.ts';
import { unlessQueueIsFull } from '../../accounts/credentials/password.ts';
import type { EventOrigin } from '../../audit/audit.ts';
import { linkFormToken, linkToken } from '../../http/link-form.ts';
import { interactionPath, publicPath } from '../../http/paths.ts';
import { personAudit } from '../../http/person-audit.ts';
import { Problem } from '../../http/problem.ts';
import { seeOther } from '../../http/see-other.ts';
import { auditContext } from '../../http/state.ts';
import type { FormProblem } from '../../pages/page-data.ts';
import { type LinkKind, showLinkEnd, showReady, showReadyForFactor } from './link-end.ts';
import { newAccountPage, readChoice } from './new-account-form.ts';
import { passkeyOptions, type PasskeyOffer, readPasskey } from './new-passkey.ts';
import { pendingHere } from '../pending.ts';
import type { InteractionServices } from '../services.ts';
import { NEW_ACCOUNT_STEP } from './paths.ts';

/**
 * The pages behind the links of a sign-up and of an invitation. A GET shows the form and uses nothing: mail scanners open links.
 *
 *     GET /sign-up/verify ─┬─ this browser has the sign-in waiting ─► form in the interaction ──POST──► account, and the sign-in continues
 *                          └─ another browser ──────────────────────► form ──POST──► account; the person goes back and signs in
 *     GET /invitation ─────────────────────────────────────────────► form ──POST──► account; the person signs in
 *
 * A browser without the waiting sign-in is never signed in: another person may have requested the link and passed it on.
 */

/** Of a link whose browser is known to have no sign-in waiting. */
const HERE = 'here';

/** Where the form of a link is, and what follows its account. */
interface Place {
  kind: LinkKind;
  action: string;
  csrf: string;
  /** The sign-in that waits in this browser. */
  signInUrl?: string | undefined;
  made(account: Account, passkey: Choice['passkey']): Promise<void>;
}

/** In the interaction that waits; in a browser without it, leads to the page of the link alone. */
export function showHere(services: InteractionServices, signUps: SignUps): Middleware {
  return async (ctx) => {
    const token = linkToken(ctx);
    const elsewhere = `${publicPath(ctx, SIGN_UP_LINK_PATH)}?token=${token}&${HERE}=1`;
    const pending = await pendingHere(ctx, services);
    if (pending === undefined) return seeOther(ctx, elsewhere);
    ctx.state.pending = pending;
    const offer = await signUps.find(token);
    if (isOfAnother(offer, ctx)) return seeOther(ctx, elsewhere);
    ctx.state.pagePolicy = { formsLeave: true };
    show(ctx, services, offer, placeHere(ctx, services));
  };
}

/** Whether a link was requested in another sign-in than the one that it is opened in. */
function isOfAnother(offer: { waiting: WaitingRequest } | undefined, ctx: Context): boolean {
  return offer !== undefined && offer.waiting.uid !== ctx.state.pending.uid;
}

export function submitHere(services: InteractionServices, signUps: SignUps): Middleware {
  return async (ctx) => {
    if (isOfAnother(await signUps.find(linkToken(ctx)), ctx)) {
      const description = 'the link was requested in another sign-in';
      throw new Problem(400, 'invalid_form', description, { format: 'page' });
    }
    await submit(ctx, services, signUps, placeHere(ctx, services));
  };
}

/** Behind the link of a sign-up: leads to the interaction that it was requested in. */
export function showLink(services: InteractionServices, signUps: SignUps): Middleware {
  return async (ctx) => {
    const token = linkToken(ctx);
    const offer = await signUps.find(token);
    if (offer !== undefined && ctx.query[HERE] === undefined)
      return seeOther(ctx, `${interactionPath(ctx, offer.waiting.uid)}/${NEW_ACCOUNT_STEP}?token=${token}`);
    show(ctx, services, offer, placeElsewhere(ctx, services, offer?.waiting));
  };
}

export function submitLink(services: InteractionServices, signUps: SignUps): Middleware {
  return async (ctx) => {
    const offer = await signUps.find(linkToken(ctx));
    await submit(ctx, services, signUps, placeElsewhere(ctx, services, offer?.waiting));
  };
}

export function showInvitation(services: InteractionServices, invited: InvitedPeople): Middleware {
  return async (ctx) => {
    show(ctx, services, await invited.find(linkToken(ctx)), placeOfInvitation(ctx, services));
  };
}

export function submitInvitation(services: InteractionServices, invited: InvitedPeople): Middleware {
  return async (ctx) => {
    const way = {
      find: (token: string) => invited.find(token),
      finish: (...form: Parameters<Way['finish']>) => invited.accept(...form),
    };
    await submit(ctx, services, way, placeOfInvitation(ctx, services));
  };
}

function placeHere(ctx: Context, { steps }: InteractionServices): Place {
  const { uid, csrf } = ctx.state.pending;
  const signInUrl = interactionPath(ctx, uid);
  return {
    kind: 'sign-up',
    action: `${signInUrl}/${NEW_ACCOUNT_STEP}`,
    csrf,
    signInUrl,
    made: (account, passkey) =>
      steps.passed(ctx, {
        account,
        ...(passkey === undefined ? { method: 'password' } : passkeyMethod(passkey)),
      }),
  };
}

function placeElsewhere(
  ctx: Context,
  { interactions, renderPage, requiresFactor }: InteractionServices,
  waiting: WaitingRequest | undefined,
): Place {
  return {
    kind: 'sign-up',
    action: publicPath(ctx, SIGN_UP_LINK_PATH),
    csrf: linkFormToken(ctx),
    async made(account, passkey) {
      if (passkey === undefined && requiresFactor(account)) return showReadyForFactor(ctx, renderPage);
      const app = waiting && (await interactions.clientLink(ctx, waiting.clientId));
      showReady(ctx, renderPage, 'sign-up', app);
    },
  };
}

function placeOfInvitation(ctx: Context, { renderPage }: InteractionServices): Place {
  return {
    kind: 'invitation',
    action: publicPath(ctx, INVITATION_PATH),
    csrf: linkFormToken(ctx),
    made() {
      showReady(ctx, renderPage, 'invitation');
      return Promise.resolve();
    },
  };
}

/** A passkey that was just made was used, too: its user was verified. */
function passkeyMethod({ record }: NonNullable<Choice['passkey']>): { method: 'passkey'; amr: string[] } {
  return { method: 'passkey', amr: [record.isBackedUp ? 'swk' : 'hwk', 'user', 'mfa'] };
}

function show(
  ctx: Context,
  services: InteractionServices,
  offer: PasskeyOffer | undefined,
  place: Place,
  problems?: readonly FormProblem[],
): void {
  const { renderPage, newAccountForm } = services;
  const { kind, signInUrl, action, csrf } = place;
  if (offer === undefined) return showLinkEnd(ctx, renderPage, 'void', kind, signInUrl);
  const target = { action, csrf, passkey: passkeyOptions(ctx, services, offer) };
  renderPage(ctx, 'new-account', newAccountPage(ctx, newAccountForm, offer, target, problems));
}

/** A sign-up or an invitation. */
interface Way {
  find(token: string): Promise<PasskeyOffer | undefined>;
  finish(token: string, choice: Choice, origin: EventOrigin): Promise<NewPerson>;
}

async function submit(ctx: Context, services: InteractionServices, way: Way, place: Place): Promise<void> {
  const { renderPage, newAccountForm } = services;
  const token = linkToken(ctx);
  const askAgain = async (status: number, problems: readonly FormProblem[]): Promise<void> => {
    ctx.status = status;
    show(ctx, services, await way.find(token), place, problems);
  };
  const offer = await way.find(token);
  if (offer === undefined) return showLinkEnd(ctx, renderPage, 'void', place.kind, place.signInUrl);
  const { passkey, problem } = await readPasskey(ctx, services, offer);
  if (problem !== undefined) return await askAgain(400, [problem]);
  const finish = () => way.finish(token, readChoice(ctx, newAccountForm, passkey), auditContext(ctx));
  const done = ctx.state.overloaded === true ? undefined : await unlessQueueIsFull(finish);
  if (done === undefined) return await askAgain(503, [{ key: 'signUp.account.busy' }]);
  if (done.outcome === 'refused') return await askAgain(400, done.problems);
  if (done.outcome !== 'made') return showLinkEnd(ctx, renderPage, done.outcome, place.kind, place.signInUrl);
  if (passkey === undefined) await services.permitEnrolment(ctx, done.account);
  else {
    const { id: accountId } = done.account;
    const detail = { factor: 'passkey', name: passkey.record.name };
    services.metrics.factor('passkey', 'added');
    personAudit(ctx, services, accountId).record({ type: 'factor.added', accountId, detail });
  }
  await place.made(done.account, passkey);
}
