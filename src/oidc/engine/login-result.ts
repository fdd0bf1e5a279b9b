import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { satisfies } from '../../config/authentication-context.ts';
import { override } from '../overrides.ts';

/** The result of a sign-in, as `authorization/interactions.ts` stores it. */
export interface LoginResult {
  accountId?: string;
  generation?: number | undefined;
  acr?: string;
  amr?: string[];
  /** Of the sign-in, in epoch seconds. */
  ts?: number;
  /** When a second factor was used: at this sign-in, or on this device before. Epoch seconds. */
  secondFactorAt?: number | undefined;
  /** A second factor was added to a session: `ts` is that of its sign-in. */
  isStepUp?: boolean;
}

type Request = KoaContextWithOIDC['oidc'];

/** The sign-in or step-up that was made for a request, before this page of it or before an earlier one. */
export function loginOf({ result }: Pick<Request, 'result'>): LoginResult | undefined {
  return result?.login as LoginResult | undefined;
}

/** Whether the session still has what the sign-in for the request has reached: another tab may have signed in since, with less. */
export function isSignedInFor(oidc: Pick<Request, 'result' | 'acr'>): boolean {
  const login = loginOf(oidc);
  return login !== undefined && (login.acr === undefined || satisfies(oidc.acr, login.acr));
}

/** The sign-in that the request applies to the session; undefined for one that it has applied at an earlier page. */
export function newLogin({ entities: { Interaction: resumed } }: Request): LoginResult | undefined {
  const login = resumed?.result?.login;
  const before = resumed?.lastSubmission?.login;
  return login === undefined || JSON.stringify(login) === JSON.stringify(before)
    ? undefined
    : (login as LoginResult);
}

interface Session {
  accountId?: string;
  loginAccount: (this: Session, login: { accountId?: string }) => void;
}

/**
 * A request keeps the result of its sign-in while further pages follow, such as consent, and the engine applies it to the session after each of
 * them. Meanwhile another tab may have signed in, or used a second factor: the session keeps that.
 */
export function applyLoginOnce(provider: Provider): void {
  override<Session['loginAccount']>(
    provider,
    'Session.prototype.loginAccount',
    (loginAccount) =>
      function loginOnce(login) {
        const { ctx } = Provider;
        const isApplied =
          ctx !== undefined && this.accountId === login.accountId && newLogin(ctx.oidc) === undefined;
        if (!isApplied) loginAccount.call(this, login);
      },
  );
}
