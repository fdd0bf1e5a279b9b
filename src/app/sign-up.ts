import { hasInbox, INBOX_PATH } from '../account-pages/development-inbox.ts';
import { acceptTerms } from '../accounts/terms.ts';
import { nowInSeconds } from '../clock.ts';
import { pageLanguage } from '../http/languages.ts';
import type { InteractionServices } from '../interactions/services.ts';
import type { Messages } from '../messages/messages.ts';
import type { Services } from '../http/services.ts';
import type { NewPeople } from '../accounts/sign-up/new-people.ts';

type SignUpPages = Pick<
  InteractionServices,
  'newPeople' | 'newAccountForm' | 'signUpLinkLifetime' | 'inboxPath' | 'acceptTerms'
>;

type SignUpParts = Pick<Services, 'config' | 'store' | 'clock'> & {
  site: { messages: Messages };
  newPeople: NewPeople;
};

/** What the pages of people who get an account need. */
export function signUpPages({ config, store, clock, site, newPeople }: SignUpParts): SignUpPages {
  const { terms, passwords, signUp } = config;
  return {
    newPeople,
    newAccountForm: {
      terms,
      minimumPasswordLength: passwords.minimumLength,
      languageOf: pageLanguage(site.messages.languages),
    },
    signUpLinkLifetime: signUp.linkLifetime,
    inboxPath: hasInbox(config) ? INBOX_PATH : undefined,
    acceptTerms: async (accountId) => {
      if (terms !== undefined) await acceptTerms(store, terms, { accountId, at: nowInSeconds(clock) });
    },
  };
}
