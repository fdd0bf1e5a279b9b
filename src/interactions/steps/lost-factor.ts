import type { Context } from 'koa';
import { verifiedAddress } from '../../accounts/sign-in-name.ts';
import { interactionPath } from '../../http/paths.ts';
import { Problem } from '../../http/problem.ts';
import type { ClientView, Person } from '../../pages/page-data.ts';
import { personOf } from '../../pages/person.ts';
import type { InteractionServices } from '../services.ts';
import type { SignInProgress } from '../sign-in-evaluation.ts';
import type { Step } from '../step.ts';
import { stepPage } from '../step-page.ts';
import { auditContext } from '../../http/state.ts';

/**
 * For a person who has given the password and cannot use the second factor: asks for its removal, which takes a day and the link in the mail
 * (`accounts/recovery/lost-factor.ts`). The page answers a request for it and nothing else: the sign-in ends here.
 */

declare module '../../pages/page-data.ts' {
  interface PageData {
    'lost-factor': LostFactorPage;
  }
}

/** Posts `csrf` to `action`. */
export interface LostFactorPage {
  action: string;
  csrf: string;
  /** The page of the second factor. */
  backUrl: string;
  client: ClientView;
  account: Person;
  /** `impossible`: the account has no address for a mail. */
  state: 'offered' | 'impossible' | 'requested';
  /** Epoch seconds. */
  readyAt?: number | undefined;
}

export function lostFactorStep(services: InteractionServices): Step {
  return {
    show: async (ctx) => {
      requirePassword(ctx.state.progress);
      const { account } = ctx.state.progress;
      await showState(ctx, services, isPossible(account, services) ? 'offered' : 'impossible');
    },
    submit: async (ctx) => {
      requirePassword(ctx.state.progress);
      const { account } = ctx.state.progress;
      const pending = isPossible(account, services)
        ? await services.recoveries.request(account, auditContext(ctx))
        : undefined;
      if (pending === undefined) await showState(ctx, services, 'impossible');
      else await showState(ctx, services, 'requested', pending.readyAt);
    },
  };
}

/** Whether the page can be of use in a sign-in, for the link to it. */
export function offersRecovery({ done }: SignInProgress): boolean {
  return done[0]?.method === 'password';
}

/** A mail is not enough to ask for another one: the recovery needs two different factors. */
function requirePassword(progress: SignInProgress): void {
  if (offersRecovery(progress)) return;
  throw new Problem(403, 'access_denied', 'the sign-in did not begin with a password', { format: 'page' });
}

function isPossible(account: SignInProgress['account'], { mail }: InteractionServices): boolean {
  return mail.isEnabled && verifiedAddress(account) !== undefined;
}

async function showState(
  ctx: Context,
  services: InteractionServices,
  state: LostFactorPage['state'],
  readyAt?: number,
): Promise<void> {
  const { pending, progress } = ctx.state;
  const { action, csrf, client } = await stepPage(ctx, services, 'lost_factor');
  services.renderPage(ctx, 'lost-factor', {
    action,
    csrf,
    backUrl: `${interactionPath(ctx, pending.uid)}/second_factor`,
    client,
    account: personOf(progress.account),
    state,
    readyAt,
  });
}
