import * as v from 'valibot';
import { flag, uris, webUrl } from './values.ts';

/** Sign-out (OpenID Connect RP-Initiated Logout §3.1, Front-Channel Logout §2). */
export const LOGOUT = {
  post_logout_redirect_uris: v.optional(uris, []),
  frontchannel_logout_uri: v.optional(webUrl),
  frontchannel_logout_session_required: v.optional(flag),
};
