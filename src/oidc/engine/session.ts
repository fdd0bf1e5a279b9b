import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { override } from '../overrides.ts';

interface Session {
  accountId?: string;
  touched: boolean;
  save: (this: Session, ttl: number) => Promise<string | undefined>;
}

/** Routes at which a session without an account holds the state of a form. */
const STATE_WITHOUT_ACCOUNT = /^(?:code|device)_/;

/**
 * A session begins with a sign-in. The engine would also store one for every sign-out and for every request with the cookie of an expired
 * session, and set a cookie for it. That cookie could replace the one of a concurrent request: a session gets a new id at each step of a
 * sign-in, and requests sent before that have the old one.
 */
export function skipAnonymousSessions(provider: Provider): void {
  override<Session['save']>(
    provider,
    'Session.prototype.save',
    (save) =>
      async function saveWithAccount(ttl) {
        const { ctx } = Provider;
        if (this.accountId !== undefined || ctx === undefined || STATE_WITHOUT_ACCOUNT.test(ctx.oidc.route)) {
          return await save.call(this, ttl);
        }
        this.touched = false;
        removeSessionCookie(ctx);
        return undefined;
      },
  );
}

function removeSessionCookie({ oidc, response }: Pick<KoaContextWithOIDC, 'oidc' | 'response'>): void {
  const name = `${oidc.provider.cookieName('session')}=`;
  const cookies = [(response.get('Set-Cookie') as string | string[] | undefined) ?? []].flat();
  response.remove('Set-Cookie');
  const others = cookies.filter((cookie) => !cookie.startsWith(name));
  if (others.length > 0) response.set('Set-Cookie', others);
}
