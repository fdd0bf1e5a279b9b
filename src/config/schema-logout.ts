import * as v from 'valibot';
import { withDefault } from './schema-values.ts';

/** The keys of `signet.yaml` for sign-out through the browser. */

export const logout = v.strictObject({
  frontChannel: withDefault(
    v.boolean(),
    'True: a sign-out loads the `frontchannel_logout_uri` of each application in a frame (OpenID Connect Front-Channel Logout 1.0). Browsers send no cookies to a frame of another site, so that many applications cannot end their session that way; a back channel can.',
    false,
  ),
  sessionManagement: withDefault(
    v.boolean(),
    'True: authorization responses have `session_state`, and `/check_session` tells a page of an application whether the session has changed (OpenID Connect Session Management 1.0). Browsers that block cookies of other sites always report a change.',
    false,
  ),
});
