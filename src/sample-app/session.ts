import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import type { ApiCall } from './api-call.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { SignedIn, SignInAttempt } from './relying-party.ts';

/** Sessions and sign-ins under way: kept here, in memory, behind two cookies that hold a random id each. */

export interface Session {
  id: string;
  csrfToken: string;
  signedIn: SignedIn;
  /** The last call, shown until the next. */
  apiCall?: ApiCall;
  /** A refresh under way: a rotated refresh token works once, so two tabs must share it. */
  refreshing?: Promise<void>;
}

const MINUTE = 60_000;

export class Sessions {
  readonly #sessions: ExpiringMap<Session>;
  /** By `state`; each belongs to one browser. Kept apart, so that a flood of sign-ins pushes out no session. */
  readonly #attempts: ExpiringMap<SignInAttempt & { browser: string }>;
  readonly #secure: boolean;

  /** @param options.secure whether the app is reached over https */
  constructor({ secure, now }: { secure: boolean; now: () => number }) {
    this.#secure = secure;
    this.#sessions = new ExpiringMap({ maxEntries: 10_000, ttl: 8 * 60 * MINUTE, now });
    // Longer than a form of the server's stays open: a person may sign in again from its page, with the same request.
    this.#attempts = new ExpiringMap({ maxEntries: 10_000, ttl: 60 * MINUTE, now });
  }

  current(ctx: Context): Session | undefined {
    const id = ctx.cookies.get(this.#name('session'));
    return id === undefined ? undefined : this.#sessions.get(id);
  }

  /** Starts a session under a new id; one that the browser had before ends (session fixation). */
  start(ctx: Context, signedIn: SignedIn): void {
    this.end(ctx);
    const session = { id: randomId(), csrfToken: randomId(), signedIn };
    this.#sessions.set(session.id, session);
    this.#setCookie(ctx, 'session', session.id);
  }

  end(ctx: Context): void {
    const session = this.current(ctx);
    if (session !== undefined) this.#sessions.delete(session.id);
    this.#setCookie(ctx, 'session', '');
  }

  /** Several sign-ins may be under way in the tabs of one browser. */
  begin(ctx: Context, attempt: SignInAttempt): void {
    const browser = ctx.cookies.get(this.#name('browser')) ?? randomId();
    this.#attempts.set(attempt.state, { ...attempt, browser });
    this.#setCookie(ctx, 'browser', browser);
  }

  /** The attempt that a response belongs to, once, and only in the browser that began it. */
  takeAttempt(ctx: Context, state: unknown): SignInAttempt | undefined {
    const browser = ctx.cookies.get(this.#name('browser'));
    if (typeof state !== 'string' || browser === undefined) return undefined;
    if (this.#attempts.get(state)?.browser !== browser) return undefined;
    return this.#attempts.take(state);
  }

  /** Cookies ignore ports, and everything on localhost shares them: hence a name of our own. */
  #name(cookie: 'session' | 'browser'): string {
    return `${this.#secure ? '__Host-' : ''}sample_app_${cookie}`;
  }

  #setCookie(ctx: Context, cookie: 'session' | 'browser', value: string): void {
    // Behind a proxy that ends TLS, koa sees plain http and would refuse to set a Secure cookie.
    ctx.cookies.secure = this.#secure;
    const options = { httpOnly: true, sameSite: 'lax', secure: this.#secure, overwrite: true } as const;
    ctx.cookies.set(this.#name(cookie), value, value === '' ? { ...options, maxAge: 0 } : options);
  }
}

function randomId(): string {
  return randomBytes(32).toString('base64url');
}
