import * as v from 'valibot';
import { uris } from './values.ts';

/** Sign-out (OpenID Connect RP-Initiated Logout §3.1). */
export const LOGOUT = {
  post_logout_redirect_uris: v.optional(uris, []),
};
