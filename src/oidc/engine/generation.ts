import type { Client, Grant, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';
import { clientSettings } from './client-settings.ts';

/**
 * What was given out counts for the account and the client as they were then. Sessions and grants carry the account's generation and grants
 * the client's instance; both are compared whenever they are used. So a password change, a disabled account or a removed client ends
 * everything at once, also what a request under way writes a moment later. A client that may ask for less gets less from then on.
 */

interface Dated {
  generation?: number;
}

type FindGrant = (id: string, options?: { ignoreExpiration?: boolean }) => Promise<DatedGrant | undefined>;

type DatedGrant = Grant & Dated & { instance?: string };

/** Has the engine keep the extra members, and find only grants that still count. */
export function checkGeneration(
  provider: Provider,
  findAccount: (id: string) => Promise<Account | undefined>,
): void {
  addPayloadFields(provider.Session, ['generation']);
  addPayloadFields(provider.Grant, ['generation', 'instance', 'apis']);
  const model = provider.Grant as unknown as { find: FindGrant };
  const find = model.find.bind(model);
  model.find = async (id, options) => {
    const grant = await find(id, options);
    if (grant?.accountId === undefined || grant.clientId === undefined) return undefined;
    const account = await findAccount(grant.accountId);
    const client = await provider.Client.find(grant.clientId);
    if (account === undefined || client === undefined) return undefined;
    if (!isCurrent(grant, account, client)) return undefined;
    narrow(grant, clientSettings(client).allowedScopes);
    return grant;
  };
}

/** A grant of an account to a client, as both are now. */
export function newGrant(
  provider: Provider,
  account: { id: string; generation: number },
  client: Client,
): Grant {
  const grant: DatedGrant = new provider.Grant({ accountId: account.id, clientId: client.clientId });
  grant.generation = account.generation;
  grant.instance = clientSettings(client).instance;
  return grant;
}

/** Whether the session of a request speaks for the account as it is now. A sign-in that was just finished dates the session. */
export function sessionIsCurrent(ctx: KoaContextWithOIDC, account: Account): boolean {
  const session = ctx.oidc.session as Dated | undefined;
  const login = ctx.oidc.result?.login as ({ accountId?: string } & Dated) | undefined;
  if (session === undefined) return false;
  if (
    login?.accountId === account.id &&
    session.generation !== login.generation &&
    login.generation !== undefined
  ) {
    session.generation = login.generation;
  }
  return session.generation === account.generation;
}

function isCurrent(grant: DatedGrant, account: Account, client: Client): boolean {
  return (
    !account.disabled &&
    grant.generation === account.generation &&
    grant.instance === clientSettings(client).instance
  );
}

/**
 * What the client may no longer ask for is given no more, to tokens that it has already neither. Scopes of APIs are looked at whenever
 * a token for one is made.
 */
function narrow({ openid }: Grant, allowed: ReadonlySet<string>): void {
  if (openid?.scope === undefined) return;
  const scopes = openid.scope.split(' ').filter((scope) => allowed.has(scope));
  openid.scope = scopes.join(' ');
}

/** oidc-provider drops members of a model that its class does not list. */
function addPayloadFields(model: object, names: readonly string[]): void {
  const { IN_PAYLOAD } = model as { IN_PAYLOAD: readonly string[] };
  Object.defineProperty(model, 'IN_PAYLOAD', { get: () => [...IN_PAYLOAD, ...names], configurable: true });
}
