import type { Account } from '../accounts/accounts.ts';
import { relyingParty } from '../config/relying-party.ts';
import type { Services } from '../http/services.ts';
import type { Message } from '../messages/messages.ts';

/** A page of `/account`, as the navigation and the overview name it. */
export interface Section {
  readonly path: string;
  readonly title: Message;
  /** One sentence. */
  readonly text: Message;
  /** By default, everybody has it. */
  readonly isShown?: (services: Pick<Services, 'config'>, account: Account) => boolean;
}

/** In the order in which they are shown. */
export const SECTIONS: readonly Section[] = [
  {
    path: '/account',
    title: { key: 'account.overview.section' },
    text: { key: 'account.overview.sectionText' },
  },
  {
    path: '/account/profile',
    title: { key: 'account.profile.section' },
    text: { key: 'account.profile.sectionText' },
  },
  {
    path: '/account/password',
    title: { key: 'account.password.section' },
    text: { key: 'account.password.sectionText' },
  },
  {
    path: '/account/passkeys',
    title: { key: 'passkeys.section' },
    text: { key: 'passkeys.sectionText' },
    isShown: ({ config }) => relyingParty(config) !== undefined,
  },
  {
    path: '/account/email',
    title: { key: 'email.section' },
    text: { key: 'email.sectionText' },
    isShown: ({ config }) => config.mail.server !== undefined,
  },
  {
    path: '/account/authenticator',
    title: { key: 'authenticator.section' },
    text: { key: 'authenticator.sectionText' },
  },
  {
    path: '/account/recovery-codes',
    title: { key: 'recoveryCodes.section' },
    text: { key: 'recoveryCodes.sectionText' },
  },
  {
    path: '/account/sessions',
    title: { key: 'account.sessions.section' },
    text: { key: 'account.sessions.sectionText' },
  },
  {
    path: '/account/apps',
    title: { key: 'account.apps.section' },
    text: { key: 'account.apps.sectionText' },
  },
  {
    path: '/account/activity',
    title: { key: 'account.activity.section' },
    text: { key: 'account.activity.sectionText' },
  },
  {
    path: '/account/data',
    title: { key: 'account.data.section' },
    text: { key: 'account.data.sectionText' },
  },
];
