import { Provider } from 'oidc-provider';

interface Session {
  accountId?: string;
  touched: boolean;
  save: (this: Session, ttl: number) => Promise<string | undefined>;
}

/** Where a session carries a question from one page to the next before anyone has signed in. */
const ASKS_STRANGERS = /^(?:code|device)_/;

/**
 * A session begins when someone signs in. Until then the engine would write one for every sign-out, and for every request with the
 * cookie of a session that is gone.
 */
export function keepNoAnonymousSessions(provider: Provider): void {
  const model = provider.Session.prototype as unknown as Session;
  const { save } = model;
  model.save = async function saveSignedIn(this: Session, ttl) {
    const route = Provider.ctx?.oidc.route;
    if (this.accountId !== undefined || route === undefined || ASKS_STRANGERS.test(route)) {
      return await save.call(this, ttl);
    }
    this.touched = false;
    return undefined;
  };
}
