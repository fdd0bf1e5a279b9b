import { randomUUID } from 'node:crypto';
import type { ActorAudit, EventOrigin } from '../../audit/audit.ts';
import { type Clock, NEVER, nowInSeconds } from '../../clock.ts';
import { type ArtifactStore, emailKey, type Payload, type Store } from '../../store/store.ts';
import { AccountError } from '../errors.ts';
import { type Links, linkUrl } from '../links.ts';
import { newAddress } from './address.ts';
import { isKnownAddress } from './known-address.ts';
import { addPerson, type Choice, type NewPerson, type NewPersonOptions, type Offer } from './new-person.ts';

/**
 * Invitations of an operator. The token of the link is in no record; what it is for is in the list of open invitations, so that they can be
 * listed and withdrawn. The list is one record, changed in one atomic step.
 *
 *     open ──POST, once: its account is made (`new-person.ts`)──▶ used
 *      ├──withdrawn, or the address is invited again──▶ void
 *      └──expired──▶ void
 */

export const INVITATION_PATH = '/invitation';

export interface Invitation {
  readonly address: string;
  /** Fills the form. */
  readonly name?: string | undefined;
  readonly groups: readonly string[];
  /** It was sent to the address, so that its use proves the address. */
  readonly isMailed: boolean;
  /** Epoch seconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

interface StoredInvitation extends Invitation {
  readonly accountId: string;
}

/** What is behind a link. */
export interface InvitationOffer extends Offer {
  readonly name: string | undefined;
}

export type NewInvitation = Pick<Invitation, 'address' | 'name' | 'groups' | 'isMailed'> & {
  /** Seconds. */
  lifetime: number;
};

export interface Invitations {
  /**
   * An open invitation of the same address is void from then on.
   * @returns the address of the page, which cannot be read again
   * @throws AccountError for what is no address, one that an account has, or too many open invitations
   */
  add(invitation: NewInvitation): Promise<{ invitation: Invitation; url: string }>;
  /** The open ones, the oldest first. */
  list(): Promise<Invitation[]>;
  /** @throws AccountError when there is no open invitation of the address */
  withdraw(address: string): Promise<void>;
  /** Without using the link. */
  find(token: string): Promise<InvitationOffer | undefined>;
  /** The account was made. */
  close(offer: InvitationOffer): Promise<void>;
}

const KIND = 'Link';
/** The id of the list. It is no token of a link, and seals names and addresses only. */
const ID = 'open invitations';
const MAX_INVITATIONS = 2000;

export interface InvitationsOptions {
  store: Pick<Store, 'accounts'> & { artifacts: Pick<ArtifactStore, 'find' | 'update'> };
  links: Links;
  /** Of the operator, who adds and withdraws invitations. */
  audit?: ActorAudit | undefined;
  accounts: { uniqueEmail: boolean };
  issuer: string;
  clock: Clock;
}

export function createInvitations(options: InvitationsOptions): Invitations {
  return new StoredInvitations(options);
}

/** Makes the account of an invited person. @throws PasswordQueueFullError */
export async function acceptInvitation(
  options: NewPersonOptions & { invitations: Invitations },
  token: string,
  choice: Choice,
  origin?: EventOrigin,
): Promise<NewPerson> {
  const { invitations } = options;
  const offer = await invitations.find(token);
  if (offer === undefined) return { outcome: 'void' };
  const done = await addPerson(options, offer, choice, origin);
  if (done.outcome === 'made') await invitations.close(offer);
  return done;
}

class StoredInvitations implements Invitations {
  readonly #options: InvitationsOptions;

  constructor(options: InvitationsOptions) {
    this.#options = options;
  }

  async add({ lifetime, ...wanted }: NewInvitation): Promise<{ invitation: Invitation; url: string }> {
    const { store, links, audit, accounts, issuer, clock } = this.#options;
    const address = newAddress(wanted.address);
    if (address === undefined)
      throw new AccountError([`${wanted.address}: is no email address for an account`]);
    if (await isKnownAddress(store, address, accounts))
      throw new AccountError([`${address}: is the address of an account`]);
    const createdAt = nowInSeconds(clock);
    const accountId = randomUUID();
    const added = { ...wanted, address, accountId, createdAt, expiresAt: createdAt + lifetime };
    await this.#change((open) => {
      const others = open.filter((each) => emailKey(each.address) !== emailKey(address));
      if (others.length >= MAX_INVITATIONS)
        throw new AccountError([`there are ${MAX_INVITATIONS} open invitations; withdraw some, or wait`]);
      return [...others, added];
    });
    const token = await links.create('invitation', { newAccountId: accountId }, lifetime);
    audit?.record({
      type: 'invitation.added',
      detail: { address, groups: wanted.groups, mailed: wanted.isMailed },
    });
    return { invitation: withoutId(added), url: linkUrl(issuer, INVITATION_PATH, token) };
  }

  async list(): Promise<Invitation[]> {
    return (await this.#read()).map(withoutId);
  }

  async withdraw(address: string): Promise<void> {
    await this.#change((open) => {
      const others = open.filter((each) => emailKey(each.address) !== emailKey(address.trim()));
      if (others.length === open.length)
        throw new AccountError([`there is no open invitation of ${address}`]);
      return others;
    });
    this.#options.audit?.record({ type: 'invitation.withdrawn', detail: { address } });
  }

  async find(token: string): Promise<InvitationOffer | undefined> {
    const content = await this.#options.links.find(token, 'invitation');
    if (content === undefined) return undefined;
    const found = (await this.#read()).find(({ accountId }) => accountId === content.newAccountId);
    if (found === undefined || (await this.#options.store.accounts.find(found.accountId))) return undefined;
    const { address, name, groups, isMailed: isVerified, accountId } = found;
    return { address, name, groups, isVerified, accountId };
  }

  async close({ accountId }: InvitationOffer): Promise<void> {
    await this.#change((open) => open.filter((each) => each.accountId !== accountId));
  }

  async #read(): Promise<StoredInvitation[]> {
    return this.#openIn(await this.#options.store.artifacts.find(KIND, ID));
  }

  /** Removes also those that have expired. */
  #change(next: (open: StoredInvitation[]) => StoredInvitation[]): Promise<void> {
    return this.#options.store.artifacts.update(KIND, ID, (current) => ({
      payload: { invitations: next(this.#openIn(current)) },
      expiresAt: NEVER,
    }));
  }

  #openIn(payload: Payload | undefined): StoredInvitation[] {
    const now = nowInSeconds(this.#options.clock);
    const all = (payload?.invitations as StoredInvitation[] | undefined) ?? [];
    return all.filter(({ expiresAt }) => expiresAt > now);
  }
}

function withoutId({ accountId: _accountId, ...invitation }: StoredInvitation): Invitation {
  return invitation;
}
