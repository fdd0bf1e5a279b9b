import { type KoaContextWithOIDC, Provider } from 'oidc-provider';

interface Session {
  accountId?: string;
  touched: boolean;
  save: (this: Session, ttl: number) => Promise<string | undefined>;
}

/** Where a session carries a question from one page to the next before anyone has signed in. */
const ASKS_STRANGERS = /^(?:code|device)_/;

/**
 * A session begins when someone signs in. Until then the engine would write one for every sign-out, and for every request with the
 * cookie of a session that is gone. It would give the browser a cookie for it too, in place of one that a concurrent request may have
 * brought: a session gets another id at each step of a sign-in, and what was sent before comes with the old one.
 */
export function skipAnonymousSessions(provider: Provider): void {
  const model = provider.Session.prototype as unknown as Session;
  const { save } = model;
  model.save = async function saveSignedIn(this: Session, ttl) {
    const { ctx } = Provider;
    if (this.accountId !== undefined || ctx === undefined || ASKS_STRANGERS.test(ctx.oidc.route)) {
      return await save.call(this, ttl);
    }
    this.touched = false;
    takeBackCookie(ctx);
    return undefined;
  };
}

function takeBackCookie({ oidc, response }: Pick<KoaContextWithOIDC, 'oidc' | 'response'>): void {
  const name = `${oidc.provider.cookieName('session')}=`;
  const cookies = [(response.get('Set-Cookie') as string | string[] | undefined) ?? []].flat();
  response.remove('Set-Cookie');
  const others = cookies.filter((cookie) => !cookie.startsWith(name));
  if (others.length > 0) response.set('Set-Cookie', others);
}
