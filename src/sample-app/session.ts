import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';
import type { ApiCall, NewMessage } from './api-call.ts';
import type { SignedIn, SignInAttempt } from './relying-party.ts';

/**
 * Sessions and pending sign-ins, in memory. The browser has two cookies with a random id each: one for its session, one for its
 * pending sign-ins.
 */

/** A sign-in that an API has asked for, and the message to send after it. */
export interface PendingAttempt extends SignInAttempt {
  message?: { readonly of: string; readonly content: NewMessage } | undefined;
}

export interface Session {
  id: string;
  csrfToken: string;
  signedIn: SignedIn;
  /** The last call of the API, shown until the next. */
  apiCall?: ApiCall;
  /** Pending refresh, shared by all tabs: a rotated refresh token can be used once. */
  refreshing?: Promise<void>;
}

const MINUTE_MS = 60_000;
const SESSION_LIFETIME_MS = 8 * 60 * MINUTE_MS;
/** Longer than a form of the authorization server is valid, which can start the same authorization request again. */
const ATTEMPT_LIFETIME_MS = 60 * MINUTE_MS;

export class Sessions {
  readonly #sessions: LRUCache<string, Session>;
  /**
   * By `state`, each with the id of its browser. Separate from the sessions: a flood of sign-ins that are never completed evicts
   * pending sign-ins, but no sessions.
   */
  readonly #attempts: LRUCache<string, PendingAttempt & { browser: string }>;
  readonly #secure: boolean;

  /**
   * @param options.secure whether the app has an https URL
   * @param options.now the clock, in epoch milliseconds
   */
  constructor({ secure, now }: { secure: boolean; now: () => number }) {
    this.#secure = secure;
    const options = { max: 10_000, perf: { now }, ttlResolution: 0 };
    this.#sessions = new LRUCache({ ...options, ttl: SESSION_LIFETIME_MS });
    this.#attempts = new LRUCache({ ...options, ttl: ATTEMPT_LIFETIME_MS });
  }

  current(ctx: Context): Session | undefined {
    const id = ctx.cookies.get(this.#cookieName('session'));
    return id === undefined ? undefined : this.#sessions.get(id);
  }

  /** Starts a session with a new id and ends the previous one, against session fixation. */
  start(ctx: Context, signedIn: SignedIn): Session {
    this.end(ctx);
    const session: Session = { id: randomId(), csrfToken: randomId(), signedIn };
    this.#sessions.set(session.id, session);
    this.#setCookie(ctx, 'session', session.id);
    return session;
  }

  end(ctx: Context): void {
    const session = this.current(ctx);
    if (session !== undefined) this.#sessions.delete(session.id);
    this.#setCookie(ctx, 'session', '');
  }

  /** Stores a pending sign-in. A browser can have several, in different tabs. */
  begin(ctx: Context, attempt: PendingAttempt): void {
    const browser = ctx.cookies.get(this.#cookieName('browser')) ?? randomId();
    this.#attempts.set(attempt.state, { ...attempt, browser });
    this.#setCookie(ctx, 'browser', browser);
  }

  /** Removes and returns the pending sign-in of an authorization response: once, and only in the browser that started it. */
  takeAttempt(ctx: Context, state: unknown): PendingAttempt | undefined {
    const browser = ctx.cookies.get(this.#cookieName('browser'));
    if (typeof state !== 'string' || browser === undefined) return undefined;
    const attempt = this.#attempts.get(state);
    if (attempt?.browser !== browser) return undefined;
    this.#attempts.delete(state);
    return attempt;
  }

  /** Cookies are not separated by port: the prefix avoids conflicts with other apps on localhost. */
  #cookieName(cookie: 'session' | 'browser'): string {
    return `${this.#secure ? '__Host-' : ''}sample_app_${cookie}`;
  }

  #setCookie(ctx: Context, cookie: 'session' | 'browser', value: string): void {
    // Behind a proxy that terminates TLS, koa sees plain http and would refuse to set a Secure cookie.
    ctx.cookies.secure = this.#secure;
    const options = { httpOnly: true, sameSite: 'lax', secure: this.#secure, overwrite: true } as const;
    ctx.cookies.set(this.#cookieName(cookie), value, value === '' ? { ...options, maxAge: 0 } : options);
  }
}

/** 256 bits. */
function randomId(): string {
  return randomBytes(32).toString('base64url');
}
