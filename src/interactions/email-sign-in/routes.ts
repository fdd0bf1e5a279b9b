import type { Middleware } from 'koa';
import type { Config } from '../../config/config.ts';
import { offersEmailSignIn } from '../../config/email-sign-in.ts';
import { INTERACTION_PATH } from '../../http/paths.ts';
import type { Route } from '../../http/route.ts';
import type { InteractionHandlers } from '../handlers.ts';
import { interactionToken } from '../pending.ts';
import { EMAIL_LINK, EMAIL_STEP } from './paths.ts';

/** The rows of the sign-in by mail; none where it is off. */
export function emailSignInRoutes(
  lazily: (pick: (handlers: InteractionHandlers) => Middleware) => Middleware,
  config: Pick<Config, 'emailSignIn' | 'mail'>,
): Route[] {
  if (!offersEmailSignIn(config)) return [];
  return [
    {
      kind: 'page',
      path: `${INTERACTION_PATH}/${EMAIL_STEP}`,
      name: 'email_sign_in',
      quota: 'signInForms',
      show: lazily(({ emailSignIn }) => emailSignIn.show),
      beforeSubmit: [lazily(({ emailSignIn }) => emailSignIn.before)],
      token: interactionToken,
      submit: lazily(({ emailSignIn }) => emailSignIn.submit),
    },
    {
      kind: 'page',
      path: `${INTERACTION_PATH}/${EMAIL_LINK}`,
      name: 'email_sign_in_link',
      show: lazily(({ emailSignIn }) => emailSignIn.link),
    },
  ];
}
