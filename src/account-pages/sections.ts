import type { Account } from '../accounts/accounts.ts';
import { relyingParty } from '../config/relying-party.ts';
import type { Services } from '../http/services.ts';

/** A page of `/account`, as the navigation and the overview name it. Titles and texts are keys of catalogues. */
export interface Section {
  readonly path: string;
  readonly title: string;
  /** One sentence. */
  readonly text: string;
  /** By default, everybody has it. */
  readonly isShown?: (services: Pick<Services, 'config'>, account: Account) => boolean;
}

/** In the order in which they are shown. */
export const SECTIONS: readonly Section[] = [
  { path: '/account', title: 'account.overview.section', text: 'account.overview.sectionText' },
  { path: '/account/profile', title: 'account.profile.section', text: 'account.profile.sectionText' },
  { path: '/account/password', title: 'account.password.section', text: 'account.password.sectionText' },
  {
    path: '/account/passkeys',
    title: 'passkeys.section',
    text: 'passkeys.sectionText',
    isShown: ({ config }) => relyingParty(config) !== undefined,
  },
  { path: '/account/sessions', title: 'account.sessions.section', text: 'account.sessions.sectionText' },
  { path: '/account/apps', title: 'account.apps.section', text: 'account.apps.sectionText' },
  { path: '/account/activity', title: 'account.activity.section', text: 'account.activity.sectionText' },
];
