import { randomUUID } from 'node:crypto';
import { clientActor } from '../../audit/actors.ts';
import type { Audit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { RegistrationConfig } from '../../config/schema-registration.ts';
import type { AuditEvent, ClientRecord, ClientSecret, ClientStore } from '../../store/store.ts';
import { type Client, toClient } from '../clients.ts';
import type { MetadataContext } from '../fields/shape.ts';
import { changedMembers } from '../metadata-change.ts';
import { needsSecret } from '../metadata.ts';
import {
  hasKey,
  type SecretSealer,
  storedSecret,
  usesSecretAsKey,
  withKeyOf,
  withoutKeys,
} from '../secret-key.ts';
import { generateSecret, verifySecret } from '../secrets.ts';
import { isSameSector, sectorDocumentProblems } from '../sector-check.ts';
import { metadataError } from './errors.ts';
import type { InitialToken } from './initial-tokens.ts';
import { type RegistrationPolicy, withTerms } from './policy.ts';
import { matchesDigest, newToken, tokenDigest } from './random-token.ts';
import { requestedMetadata } from './requested-metadata.ts';
import { subjectChangeProblems } from './sector-policy.ts';
import { type SoftwareStatement, storedStatement, verifyStatement } from './software-statement.ts';

/** What clients that register themselves can do: register (RFC 7591), read, replace and remove their registration (RFC 7592). */

/** A member of a request, as JSON. */
export type RequestedMembers = Readonly<Record<string, unknown>>;

/** Where a request came from, for the audit trail. */
export type RequestFacts = Pick<AuditEvent, 'ip' | 'traceId'>;

export interface RegistrationRequest {
  input: RequestedMembers;
  facts: RequestFacts;
  /** The network that the operator sees. */
  network: string | undefined;
  initialToken?: InitialToken | undefined;
  /** Called once the request is valid, before anything is stored; throws to refuse it. */
  admit: () => Promise<void>;
}

export interface Registered {
  client: Client;
  /** A new secret, which cannot be read again. */
  secret?: string | undefined;
}

export interface Registrations {
  /** @throws RegistrationError, and what `admit` throws */
  register(request: RegistrationRequest): Promise<Registered & { token: string }>;
  /** @returns undefined for a client that does not exist or did not register itself, and for another token */
  find(id: string, token: string): Promise<Client | undefined>;
  /**
   * Replaces all metadata. Id, instance and a secret that is still needed stay, and with them consents and tokens.
   * @returns undefined as `find`
   * @throws RegistrationError
   */
  replace(
    id: string,
    token: string,
    request: Pick<RegistrationRequest, 'input' | 'facts'>,
  ): Promise<Registered | undefined>;
  /** Its consents, grants and tokens end. @returns whether it was removed */
  remove(id: string, token: string, facts: RequestFacts): Promise<boolean>;
}

export interface RegistrationOptions {
  clients: ClientStore;
  sealer: SecretSealer;
  audit: Pick<Audit, 'record'>;
  clock: Clock;
  policy: RegistrationPolicy;
  context: MetadataContext;
  statementIssuers: RegistrationConfig['softwareStatements'];
  outbound: Pick<Outbound, 'get'>;
}

export function createRegistrations(options: RegistrationOptions): Registrations {
  return {
    register: (request) => register(request, options),
    async find(id, token) {
      const record = await options.clients.find(id);
      return matchesDigest(token, digestOf(record)) && record !== undefined ? toClient(record) : undefined;
    },
    replace: (id, token, request) => replace(id, token, request, options),
    async remove(id, token, facts) {
      const { clients, audit } = options;
      const record = await clients.find(id);
      if (!matchesDigest(token, digestOf(record)) || !(await clients.remove(id))) return false;
      audit.record({ type: 'client.removed', actor: clientActor(id), clientId: id, ...facts });
      return true;
    },
  };
}

async function register(
  { input, facts, network, initialToken, admit }: RegistrationRequest,
  options: RegistrationOptions,
): Promise<Registered & { token: string }> {
  const { clients, audit, clock, statementIssuers } = options;
  const id = randomUUID();
  const statement = await verifyStatement(input.software_statement, statementIssuers, clock);
  const policy = withTerms(options.policy, initialToken?.terms);
  const metadata = checked(id, { ...input, ...statement?.metadata }, policy, options.context);
  await checkSector(metadata, options);
  await admit();
  const time = nowInSeconds(clock);
  const secret = needsSecret(metadata) ? generateSecret() : undefined;
  const token = newToken();
  const owner = { id, instance: randomUUID() };
  const record: ClientRecord = {
    ...owner,
    metadata,
    secrets: secret === undefined ? [] : [newSecret(secret, owner, metadata, time, options)],
    source: 'registered',
    registration: {
      tokenDigest: tokenDigest(token),
      ...(network !== undefined && { network }),
      ...(initialToken && { initialToken: initialToken.name, terms: initialToken.terms }),
      ...(statement && { statement: { issuer: statement.issuer, jwt: statement.jwt } }),
    },
    createdAt: time,
    updatedAt: time,
  };
  await clients.create(record);
  audit.record({
    type: 'client.registered',
    clientId: id,
    ...facts,
    detail: {
      redirectUris: metadata.redirect_uris,
      ...(initialToken && { initialToken: initialToken.name }),
      ...(statement && { statementIssuer: statement.issuer }),
    },
  });
  return { client: toClient(record), secret, token };
}

async function replace(
  id: string,
  token: string,
  { input, facts }: Pick<RegistrationRequest, 'input' | 'facts'>,
  options: RegistrationOptions,
): Promise<Registered | undefined> {
  const { clients, audit, clock, statementIssuers } = options;
  const found = await clients.find(id);
  if (found === undefined || !matchesDigest(token, digestOf(found))) return undefined;
  const time = nowInSeconds(clock);
  checkIdentity(found, input, time);
  const given = await verifyStatement(input.software_statement, statementIssuers, clock);
  const wanted = replacement(found, input, given, options);
  if (!isSameSector(toClient(found).metadata, wanted)) await checkSector(wanted, options);
  const secret = generateSecret();
  let replaced: (Registered & { changed: string[] }) | undefined;
  // Computed inside the update: the secret or the client may change at the same time.
  const updated = await clients.update(id, (record) => {
    replaced = undefined;
    const { registration } = record;
    if (registration === undefined || !matchesDigest(token, digestOf(record))) return undefined;
    const statement = given ?? storedStatement(registration.statement);
    const current = toClient(record);
    checkIdentity(record, input, time);
    const metadata = replacement(record, input, given, options);
    if (!isSameSector(wanted, metadata))
      throw metadataError(['sector_identifier_uri: was changed at the same time']);
    const isNew = needsSecret(metadata) && record.secrets.length === 0;
    const secrets = isNew
      ? [newSecret(secret, record, metadata, time, options)]
      : keptSecrets(record, metadata, input.client_secret, time, options);
    const client: Client = {
      ...current,
      metadata,
      secrets,
      registration: { ...registration, ...(statement && { statement: withoutMetadata(statement) }) },
      updatedAt: time,
    };
    const changed = changedMembers(current.metadata, metadata);
    replaced = { client, changed, secret: isNew ? secret : undefined };
    return client;
  });
  // A removal at the same time: what was computed before it is not stored.
  if (updated === undefined || replaced === undefined) return undefined;
  const { changed, ...registered } = replaced;
  if (changed.length > 0) {
    const actor = clientActor(id);
    audit.record({ type: 'client.changed', actor, clientId: id, ...facts, detail: { members: changed } });
  }
  return registered;
}

/** @throws RegistrationError when the document of the sector does not list the redirect URIs */
async function checkSector(metadata: Client['metadata'], { outbound }: RegistrationOptions): Promise<void> {
  const problems = await sectorDocumentProblems(metadata, outbound);
  if (problems.length > 0) throw metadataError(problems);
}

/** The metadata of a client after a request to replace it. @throws RegistrationError */
function replacement(
  record: ClientRecord,
  input: RequestedMembers,
  given: SoftwareStatement | undefined,
  { policy, context }: RegistrationOptions,
): Client['metadata'] {
  const { id, registration } = record;
  const statement = given ?? storedStatement(registration?.statement);
  const terms = withTerms(policy, registration?.terms);
  const metadata = checked(id, { ...input, ...statement?.metadata }, terms, context);
  const problems = subjectChangeProblems(toClient(record).metadata, metadata);
  if (problems.length > 0) throw metadataError(problems);
  return metadata;
}

function newSecret(
  secret: string,
  { id, instance }: Pick<ClientRecord, 'id' | 'instance'>,
  metadata: Client['metadata'],
  createdAt: number,
  { sealer }: RegistrationOptions,
): ClientSecret {
  const isKey = usesSecretAsKey(metadata);
  return storedSecret(secret, createdAt, isKey ? { owner: { id, instance }, sealer } : undefined);
}

/** @param given the secret of the client, if the request has it */
function keptSecrets(
  record: ClientRecord,
  metadata: Client['metadata'],
  given: unknown,
  now: number,
  { sealer }: RegistrationOptions,
): ClientSecret[] {
  if (!needsSecret(metadata)) return [];
  if (!usesSecretAsKey(metadata)) return withoutKeys(record.secrets);
  const kept = withKeyOf(record.secrets, typeof given === 'string' ? given : undefined, record, sealer);
  if (hasKey(kept, now)) return kept;
  throw metadataError([
    'client_secret: must be in the request, because it becomes a key for HS256 and only its digest is stored',
  ]);
}

function checked(
  id: string,
  input: RequestedMembers,
  policy: RegistrationPolicy,
  context: MetadataContext,
): Client['metadata'] {
  const { metadata, problems } = requestedMetadata(id, input, policy, context);
  if (problems.length > 0) throw metadataError(problems);
  return metadata;
}

/** A request to replace has the id of the client, and its secret or none (RFC 7592 §2.2). */
function checkIdentity({ id, secrets }: ClientRecord, input: RequestedMembers, now: number): void {
  if (input.client_id !== id) throw metadataError(['client_id: must be the id of the client']);
  const { client_secret: secret } = input;
  if (secret === undefined || secret === null) return;
  if (typeof secret !== 'string' || !verifySecret(secrets, secret, now))
    throw metadataError(['client_secret: is not the secret of the client, which cannot choose another']);
}

function digestOf(record: ClientRecord | undefined): string | undefined {
  return record?.source === 'registered' ? record.registration?.tokenDigest : undefined;
}

function withoutMetadata({ issuer, jwt }: SoftwareStatement): { issuer: string; jwt: string } {
  return { issuer, jwt };
}
