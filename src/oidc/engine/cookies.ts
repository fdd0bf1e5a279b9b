import type { Configuration } from 'oidc-provider';

/**
 * Cookies of the engine. Over https the session cookie is bound to its host (`__Host-`). The interaction cookies have a path, so that
 * `__Secure-` is the strongest prefix for them.
 */
export function engineCookies(secure: boolean): NonNullable<Configuration['cookies']> {
  const options = { httpOnly: true, sameSite: 'lax', secure, signed: false } as const;
  return {
    names: {
      session: secure ? '__Host-signet_session' : 'signet_session',
      interaction: secure ? '__Secure-signet_interaction' : 'signet_interaction',
      resume: secure ? '__Secure-signet_resume' : 'signet_resume',
    },
    long: { ...options, path: '/' },
    short: options,
  };
}
