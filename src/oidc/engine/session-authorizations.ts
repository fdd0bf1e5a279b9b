import type { Provider } from 'oidc-provider';
import { override } from '../overrides.ts';

/**
 * The authorizations of a session by client id: grant and `sid` of each client. The engine keeps them in a plain object, which it reads at
 * the start of a request and writes as a whole at the end.
 *
 * A client stored by an earlier version may have an id that every object inherits (`constructor`), so the object has no prototype. Two
 * requests of one session may run in two processes, so a request writes only the authorizations that it has changed.
 */
type Authorizations = Record<string, object>;

/** The content of each object when it was read, as JSON by client id. */
const asRead = new WeakMap<object, ReadonlyMap<string, string>>();

/** @param stored as the store gives it */
export function readAuthorizations(stored: object): Authorizations {
  const authorizations = withoutPrototype(stored);
  asRead.set(
    authorizations,
    new Map(Object.entries(authorizations).map(([id, authorization]) => [id, JSON.stringify(authorization)])),
  );
  return authorizations;
}

/** Applies the authorizations that a request has changed to those that are stored now. */
export function mergeAuthorizations(
  stored: object | undefined,
  changed: object | undefined,
): object | undefined {
  if (stored === undefined || changed === undefined) return changed ?? stored;
  const before = asRead.get(changed);
  const merged = withoutPrototype(stored);
  for (const [id, authorization] of Object.entries(changed as Authorizations)) {
    if (JSON.stringify(authorization) !== before?.get(id)) merged[id] = authorization;
  }
  for (const id of before?.keys() ?? []) if (!Object.hasOwn(changed, id)) delete merged[id];
  return merged;
}

/** A client for which two requests have each stored a grant in one session. */
export interface GrantConflict {
  clientId: string;
  ours: { grantId: string; sid?: string };
  theirs: { grantId: string; sid?: string };
}

/** Finds the client whose grant a request has set, and a concurrent one before it. A request sets that of one client. */
export function conflictingGrant(stored: unknown, changed: unknown): GrantConflict | undefined {
  if (!isObject(stored) || !isObject(changed)) return undefined;
  const before = asRead.get(changed);
  for (const [clientId, own] of Object.entries(changed as Authorizations)) {
    const theirs = Object.hasOwn(stored, clientId) ? (stored as Authorizations)[clientId] : undefined;
    if (theirs === undefined || JSON.stringify(theirs) === before?.get(clientId)) continue;
    if (JSON.stringify(own) === before?.get(clientId)) continue;
    const [ourGrant, theirGrant] = [own, theirs] as Partial<GrantConflict['ours']>[];
    const [ours, { grantId, sid }] = [ourGrant?.grantId, theirGrant ?? {}];
    if (ours !== undefined && grantId !== undefined && ours !== grantId)
      return { clientId, ours: { grantId: ours }, theirs: { grantId, ...(sid !== undefined && { sid }) } };
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Makes the engine use an object without a prototype, also for a session that was not read from the store. */
export function isolateAuthorizations(provider: Provider): void {
  override<SessionModel['authorizationFor']>(
    provider,
    'Session.prototype.authorizationFor',
    (authorizationFor) =>
      function authorizationWithoutPrototype(clientId, value) {
        const { authorizations } = this;
        if (
          authorizations === undefined ? value !== undefined : Object.getPrototypeOf(authorizations) !== null
        ) {
          this.authorizations = withoutPrototype(authorizations);
        }
        return authorizationFor.call(this, clientId, value);
      },
  );
}

interface SessionModel {
  authorizations?: object;
  authorizationFor: (this: SessionModel, clientId: string, value?: unknown) => object;
}

function withoutPrototype(authorizations: object | undefined): Authorizations {
  return Object.assign(Object.create(null) as Authorizations, authorizations);
}
