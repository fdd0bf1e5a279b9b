import { hash } from 'node:crypto';
import { issuerPath } from '../config/issuer.ts';

/**
 * The names of all cookies. Over https, a cookie for the whole host has the prefix `__Host-`, which no other host can set (RFC 6265bis
 * §4.1.3.2); a cookie with a path can have `__Secure-` only. Over http, on localhost, there is no prefix.
 *
 * Issuers with a path share their host, and a cookie for the whole host is sent to all of them. So the names of such an issuer end with a
 * tag of it, which keeps two issuers from overwriting each other's cookies. The path of the cookie cannot separate them, because `__Host-`
 * requires `Path=/`.
 */
export interface CookieNames {
  /** The session of a browser: for the whole host. */
  readonly session: string;
  /** A browser in which an account has signed in: for the whole host. */
  readonly device: string;
  /** Lets the person of this browser enrol a first factor: for the whole host. */
  readonly enrolment: string;
  /** An interaction, at its page. */
  readonly interaction: string;
  /** An interaction, at the address where the engine resumes. */
  readonly resume: string;
  /** The parameters of an authorization request, at both. */
  readonly request: string;
  /** What followed an interaction, at its page. */
  readonly returnLink: string;
  /** A digest of the session that scripts can read: for the whole host (OpenID Connect Session Management 1.0 §3.2). */
  readonly browserState: string;
  /** What a form of the account pages has done, for the page after it. */
  readonly done: string;
  /** Where a sign-out leads, at its confirmation. */
  readonly logout: string;
}

export function cookieNames(issuer: string): CookieNames {
  const secure = issuer.startsWith('https:');
  const tag = issuerPath(issuer) === '' ? '' : `_${hash('sha256', issuer).slice(0, 8)}`;
  const ofHost = (name: string): string => `${secure ? '__Host-' : ''}signet_${name}${tag}`;
  const ofPath = (name: string): string => `${secure ? '__Secure-' : ''}signet_${name}${tag}`;
  return {
    session: ofHost('session'),
    device: ofHost('device'),
    enrolment: ofHost('enrolment'),
    browserState: ofHost('browser_state'),
    interaction: ofPath('interaction'),
    resume: ofPath('resume'),
    request: ofPath('request'),
    returnLink: ofPath('way_back'),
    done: ofPath('done'),
    logout: ofPath('logout'),
  };
}
