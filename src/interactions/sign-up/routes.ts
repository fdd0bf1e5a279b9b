import type { Middleware } from 'koa';
import { INVITATION_PATH } from '../../accounts/sign-up/invitations.ts';
import { SIGN_UP_LINK_PATH } from '../../accounts/sign-up/requests.ts';
import type { Config } from '../../config/config.ts';
import { offersSignUp } from '../../config/schema-sign-up.ts';
import { linkFormToken } from '../../http/link-form.ts';
import { INTERACTION_PATH } from '../../http/paths.ts';
import type { Route } from '../../http/route.ts';
import type { InteractionHandlers } from '../handlers.ts';
import { interactionToken } from '../pending.ts';
import { NEW_ACCOUNT_STEP, SIGN_UP_STEP } from './paths.ts';

/** The rows of the pages for people who get an account: as many as the mode offers. */
export function signUpRoutes(
  lazily: (pick: (handlers: InteractionHandlers) => Middleware) => Middleware,
  config: Pick<Config, 'signUp' | 'mail'>,
): Route[] {
  const form = (
    path: string,
    name: string,
    page: keyof InteractionHandlers['signUp'],
    token: typeof linkFormToken,
  ): Route => ({
    kind: 'page',
    path,
    name,
    quota: 'signInForms',
    show: lazily((handlers) => handlers.signUp[page].show),
    beforeSubmit: [lazily((handlers) => handlers.signUp[page].before)],
    token,
    submit: lazily((handlers) => handlers.signUp[page].submit),
  });
  return [
    ...(config.signUp.mode === 'off'
      ? []
      : [form(INVITATION_PATH, 'invitation', 'invitation', linkFormToken)]),
    ...(offersSignUp(config)
      ? [
          form(`${INTERACTION_PATH}/${SIGN_UP_STEP}`, 'sign_up', 'address', interactionToken),
          form(`${INTERACTION_PATH}/${NEW_ACCOUNT_STEP}`, 'new_account', 'here', interactionToken),
          form(SIGN_UP_LINK_PATH, 'sign_up_link', 'link', linkFormToken),
        ]
      : []),
  ];
}
