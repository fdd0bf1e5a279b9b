import { personActor } from '../../audit/actors.ts';
import type { EventOrigin } from '../../audit/audit.ts';
import type { Config } from '../../config/config.ts';
import type { JobKind } from '../../jobs/kind.ts';
import type { Accounts } from '../accounts.ts';
import { createLinks } from '../links.ts';
import { acceptInvitation, createInvitations, type InvitationOffer } from './invitations.ts';
import { isKnownAddress } from './known-address.ts';
import type { Choice, NewPerson } from './new-person.ts';
import { createSignUps, type SignUpOptions, type SignUps } from './requests.ts';
import type { AuditActor, Store } from '../../store/store.ts';

/** The ways to an account that a server offers to people. */
export interface NewPeople {
  /** Undefined where an account needs an operator, or no mail is sent. */
  readonly signUps: SignUps | undefined;
  readonly invitations: InvitedPeople | undefined;
  readonly jobs: readonly JobKind[];
}

export interface InvitedPeople {
  /** Without using the link. */
  find(token: string): Promise<InvitationOffer | undefined>;
  /** @throws PasswordQueueFullError */
  accept(token: string, choice: Choice, origin?: EventOrigin): Promise<NewPerson>;
}

export interface NewPeopleOptions
  extends Omit<SignUpOptions, 'links' | 'terms' | 'mail' | 'store' | 'accountsOf' | 'isKnown'> {
  /** Accounts as this actor changes them. */
  accountsAs: (actor: AuditActor, origin?: EventOrigin) => Accounts;
  store: Store;
  mail: SignUpOptions['mail'] & { readonly isEnabled: boolean };
  config: Pick<Config, 'signUp' | 'terms' | 'accounts' | 'issuer' | 'limits'>;
}

export function createNewPeople(options: NewPeopleOptions): NewPeople {
  const { store, clock, config, mail } = options;
  const { accounts, issuer, signUp, terms } = config;
  const links = createLinks({ artifacts: store.artifacts, clock });
  const accountsOf = (id: string, origin?: EventOrigin) => options.accountsAs(personActor(id), origin);
  const isKnown = (address: string) => isKnownAddress(store, address, accounts);
  const parts = { ...options, accountsOf, links, terms, isKnown };
  const signUps = signUp.mode === 'open' && mail.isEnabled ? createSignUps(parts) : undefined;
  const invitations = createInvitations({ store, links, accounts, issuer, clock });
  return {
    signUps,
    invitations:
      signUp.mode === 'off'
        ? undefined
        : {
            find: (token) => invitations.find(token),
            accept: (token, choice, origin) =>
              acceptInvitation({ ...parts, invitations }, token, choice, origin),
          },
    jobs: signUps === undefined ? [] : [signUps.job],
  };
}
