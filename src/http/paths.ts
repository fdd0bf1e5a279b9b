import type { BaseContext } from 'koa';

/**
 * The paths of the protocol endpoints, each written once. `app/routes.ts` has the methods and middleware of each; everything else that needs
 * the path of an endpoint reads it here.
 *
 * The path of the issuer is not part of them: `mount.ts` removes it from requests. What a browser gets (a redirect, a link, the path of a
 * cookie) needs it again, by `publicPath`.
 */
export const PATHS = {
  authorization: '/authorize',
  end_session: '/logout',
  introspection: '/introspect',
  jwks: '/jwks',
  pushed_authorization_request: '/par',
  registration: '/register',
  revocation: '/revoke',
  token: '/token',
  userinfo: '/userinfo',
} as const;

/** Paths that the engine derives from those above. */
export const DERIVED_PATHS = {
  resume: `${PATHS.authorization}/:uid`,
  registration_client: `${PATHS.registration}/:clientId`,
  end_session_confirm: `${PATHS.end_session}/confirm`,
  end_session_success: `${PATHS.end_session}/success`,
} as const;

/** What a page of an application loads in a frame, to learn whether the session has changed (OpenID Connect Session Management 1.0 §3.3). */
export const CHECK_SESSION_PATH = '/check_session';

/** The metadata documents (OpenID Connect Discovery 1.0 §4, RFC 8414 §3), whose paths the engine fixes. */
export const DISCOVERY_PATHS = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
] as const;

/** The pages of an interaction. */
export const INTERACTION_PATH = '/interaction/:uid';

type Mounted = Pick<BaseContext, 'mountPath'>;

/** A path as browsers see it, with that of the issuer. */
export function publicPath({ mountPath }: Mounted, path: string): string {
  return mountPath + path;
}

/** @param uid of the interaction */
export function interactionPath(ctx: Mounted, uid: string): string {
  return publicPath(ctx, INTERACTION_PATH.replace(':uid', uid));
}

/** The page on which a person asks for a new password. */
export const FORGOTTEN_PATH = '/password/forgotten';

/** @param query `interaction`: `uid` of the one to which the person returns; `ui_locales` */
export function forgottenUrl(ctx: Mounted, query: { interaction?: string; ui_locales?: string }): string {
  const parameters = new URLSearchParams(query).toString();
  return publicPath(ctx, FORGOTTEN_PATH) + (parameters && `?${parameters}`);
}

/** The page on which a person proves to have the mail box of the account. */
export const CONFIRM_PATH = '/account/confirm';

/** Where an authorization request resumes after an interaction. */
export function resumePath(ctx: Mounted, uid: string): string {
  return publicPath(ctx, DERIVED_PATHS.resume.replace(':uid', uid));
}
