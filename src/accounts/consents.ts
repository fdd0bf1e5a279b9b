import type { ActorAudit } from '../audit/audit.ts';
import { documentInstance, isDocumentId } from '../clients/self-registration/document-id.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { AccountRecord, ArtifactStore, ClientRecord, ListedStore, Store } from '../store/store.ts';
import type { Account } from './accounts.ts';
import { isWithdrawn, withdrawConsent } from './revocations.ts';
import type { RevocationContext } from './sessions.ts';

/**
 * The remembered consents of an account, for the commands of operators and for pages at which people see their own. The engine writes them
 * (`oidc/authorization/consent-memory.ts`). A consent is valid for one instance of its client and ends when it is withdrawn.
 */

/** What is remembered. */
interface ConsentScopes {
  /** Granted scopes of OpenID Connect. */
  openid: readonly string[];
  /** Single claims (OpenID Connect Core §5.5). */
  claims?: readonly string[] | undefined;
  /** Granted scopes by API (resource indicator). */
  resources: Readonly<Record<string, readonly string[]>>;
  /** Where it leads, for a client that registered itself (`oidc/authorization/consent-destination.ts`). */
  destinations?: readonly string[] | undefined;
}

/** What is stored of a consent for lists. */
export interface ConsentFacts extends ConsentScopes {
  clientId: string;
  /** `ClientRecord.instance` */
  instance: string;
  /** Epoch seconds: when consent was last given. */
  givenAt: number;
  /** `withdrawalsOf` the account at that time. */
  withdrawals: number;
}

/** A version before 0.2 stored the scopes alone. */
type StoredConsent = ConsentScopes & Partial<Pick<ConsentFacts, 'withdrawals'>>;

/** Without times for a consent that was last given to a version before 0.2. */
export interface ConsentInfo extends ConsentScopes {
  clientId: string;
  clientName: string | undefined;
  /** Epoch seconds. */
  givenAt: number | undefined;
  /** Epoch seconds. */
  expiresAt: number | undefined;
}

/** A consent with its client; undefined for the client of a metadata document, of which the store has no record. */
export interface NamedConsent extends ConsentInfo {
  client: ClientRecord | undefined;
}

export interface Consents {
  /** Ordered by `client_id`. Reads every client. @param page.after the last `client_id` of the page before */
  list(
    accountId: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<{ consents: ConsentInfo[]; next: string | undefined }>;
  /**
   * Those that name their client, which are all but those that were last given to a version before 0.2. Reads no other client, in any number.
   */
  listNamed(account: Pick<Account, 'id' | 'revocations'>): Promise<NamedConsent[]>;
  /**
   * Withdraws consent from a client at once: it is not remembered any more, and all grants of the account to the client are void, in every
   * session, with their tokens. The next authorization asks again.
   * @returns whether there are such an account and such a client
   */
  withdraw(accountId: string, clientId: string, context?: RevocationContext): Promise<boolean>;
}

export interface ConsentsOptions {
  store: Pick<Store, 'accounts' | 'clients' | 'listed'> & {
    artifacts: Pick<ArtifactStore, 'find' | 'destroy'>;
  };
  /** Of the one who withdraws: an operator, or the person. */
  audit: ActorAudit;
  clock: Clock;
  /** Seconds after which no grant and no consent of before a withdrawal is valid. */
  withdrawalLifetime: number;
}

/** Records or clients that are read at once. */
const PAGE_SIZE = 200;

/** @param instance `ClientRecord.instance` */
export function consentKey(accountId: string, instance: string): string {
  return `${accountId}\n${instance}`;
}

export function createConsents({ store, audit, clock, withdrawalLifetime }: ConsentsOptions): Consents {
  const { accounts, artifacts, clients, listed } = store;
  return {
    async list(accountId, page) {
      const account = await accounts.find(accountId);
      return account === undefined
        ? { consents: [], next: undefined }
        : await listConsents(store, account, page);
    },
    async listNamed(account) {
      const known = await readListed(listed, account.id);
      const valid = [...known.values()].filter((consent) => !isWithdrawn(account, consent.instance, consent));
      const found = await Promise.all(valid.map((consent) => namedConsent(clients, consent)));
      return found.filter((consent) => consent !== undefined);
    },
    async withdraw(accountId, clientId, context = {}) {
      const instance = await instanceOf(clients, clientId);
      if (instance === undefined) return false;
      const now = nowInSeconds(clock);
      const until = now + withdrawalLifetime;
      // The account first: it voids what a concurrent request writes after the consent was destroyed.
      const account = await accounts.update(accountId, (current) => ({
        revocations: withdrawConsent(current, instance, { now, until }),
      }));
      if (account === undefined) return false;
      await artifacts.destroy('Consent', consentKey(accountId, instance));
      await listed.revokeClient(accountId, clientId, until);
      audit.record({ type: 'consent.withdrawn', accountId, clientId, ...context });
      return true;
    },
  };
}

/** @returns undefined when the client was removed, or another one has its id */
async function namedConsent(
  clients: Pick<Store['clients'], 'find'>,
  consent: ConsentFacts & { expiresAt: number },
): Promise<NamedConsent | undefined> {
  const { clientId, instance } = consent;
  // A client that was declared or added wins over the document of its id.
  const client = await clients.find(clientId);
  if ((client?.instance ?? documentInstance(clientId)) !== instance) return undefined;
  return { ...consentInfo(client ?? { id: clientId, instance, metadata: {} }, consent), client };
}

/** Looks for the consent to each client, in the order of the clients. */
async function listConsents(
  { artifacts, clients, listed }: ConsentsOptions['store'],
  account: AccountRecord,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<{ consents: ConsentInfo[]; next: string | undefined }> {
  const known = await readListed(listed, account.id);
  /** A consent without a listing names no client, but a client has one place where its consent may be. */
  const find = async ({ instance }: NamedClient): Promise<StoredConsent | undefined> =>
    known.get(instance) ??
    ((await artifacts.find('Consent', consentKey(account.id, instance))) as StoredConsent | undefined);
  const documents = consentsToDocuments(known);
  const consents: ConsentInfo[] = [];
  let last = after;
  for (;;) {
    const records = await clients.list({ after: last, limit: PAGE_SIZE });
    const isLast = records.length < PAGE_SIZE;
    const end = records.at(-1)?.id ?? '';
    const page = inOrder([
      ...records,
      ...documents.filter(({ id }) => isBetween(id, last, isLast ? undefined : end)),
    ]);
    const found = await Promise.all(page.map(find));
    for (const [index, client] of page.entries()) {
      const consent = found[index];
      if (consent === undefined || isWithdrawn(account, client.instance, consent)) continue;
      if (consents.length === limit) return { consents, next: consents.at(-1)?.clientId };
      consents.push(consentInfo(client, consent));
    }
    if (isLast) return { consents, next: undefined };
    last = end;
  }
}

/** A client as far as consents name it. */
type NamedClient = Pick<ClientRecord, 'id' | 'instance' | 'metadata'>;

/** The clients of metadata documents, of which the store has no records. */
function consentsToDocuments(known: ReadonlyMap<string, ConsentFacts>): NamedClient[] {
  return [...known.values()]
    .filter(({ clientId, instance }) => instance === documentInstance(clientId))
    .map(({ clientId: id, instance }) => ({ id, instance, metadata: {} }));
}

/** By `client_id`. A client that was declared or added wins over the document of its id. */
function inOrder(clients: readonly NamedClient[]): NamedClient[] {
  const byId = new Map(clients.toReversed().map((client) => [client.id, client]));
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** @param end included; undefined: no end */
function isBetween(id: string, after: string | undefined, end: string | undefined): boolean {
  return (after === undefined || id > after) && (end === undefined || id <= end);
}

/** @returns undefined when there is no such client */
async function instanceOf(clients: Store['clients'], id: string): Promise<string | undefined> {
  const record = await clients.find(id);
  return record?.instance ?? (isDocumentId(id, { http: true }) ? documentInstance(id) : undefined);
}

/** @returns consents by client instance; a client that was removed has another one when it is added again */
async function readListed(
  listed: ListedStore,
  accountId: string,
): Promise<Map<string, ConsentFacts & { expiresAt: number }>> {
  const found = new Map<string, ConsentFacts & { expiresAt: number }>();
  let after: string | undefined;
  do {
    const { records, next } = await listed.list('Consent', accountId, { after, limit: PAGE_SIZE });
    for (const { facts, expiresAt } of records) {
      if (facts === undefined) continue;
      const consent = facts as unknown as ConsentFacts;
      found.set(consent.instance, { ...consent, expiresAt });
    }
    after = next;
  } while (after !== undefined);
  return found;
}

function consentInfo(
  { id, metadata }: NamedClient,
  consent: ConsentScopes & Partial<Pick<ConsentInfo, 'givenAt' | 'expiresAt'>>,
): ConsentInfo {
  const { openid, claims, resources, givenAt, expiresAt } = consent;
  const name = metadata.client_name;
  return {
    clientId: id,
    clientName: typeof name === 'string' ? name : undefined,
    openid,
    ...(claims !== undefined && { claims }),
    resources,
    givenAt,
    expiresAt,
  };
}
