import * as v from 'valibot';
import { flag, uris, webUrl } from './values.ts';

/** Sign-out (OpenID Connect RP-Initiated Logout §3.1, Back-Channel Logout §2.2, Front-Channel Logout §2). */
export const LOGOUT = {
  post_logout_redirect_uris: v.optional(uris, []),
  backchannel_logout_uri: v.optional(webUrl),
  backchannel_logout_session_required: v.optional(flag),
  frontchannel_logout_uri: v.optional(webUrl),
  frontchannel_logout_session_required: v.optional(flag),
};
