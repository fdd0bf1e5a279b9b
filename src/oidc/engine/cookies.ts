import type { Configuration } from 'oidc-provider';
import { cookieNames } from '../../http/cookie-names.ts';

/** Cookies of the engine: the session cookie is for the whole host, those of an interaction have a path. */
export function engineCookies(issuer: string): NonNullable<Configuration['cookies']> {
  const { session, interaction, resume } = cookieNames(issuer);
  const secure = issuer.startsWith('https:');
  const options = { httpOnly: true, sameSite: 'lax', secure, signed: false } as const;
  return {
    names: { session, interaction, resume },
    long: { ...options, path: '/' },
    short: options,
  };
}
