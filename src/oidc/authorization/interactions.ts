import { createHash } from 'node:crypto';
import { type Client, errors, type InteractionResults, type Provider } from 'oidc-provider';
import type { Context } from 'koa';
import type { Api } from '../../config/schema.ts';
import { STANDARD_SCOPES } from '../../config/standard-scopes.ts';
import type { ReturnLink } from '../../pages/page-data.ts';
import { type Apis, findAccess, indexApis } from '../tokens/api-access.ts';
import { readRequestCookie, setResumeCookie } from './request-cookie.ts';
import { clientHome } from './client-home.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { ConsentMemory, RememberedConsent } from './consent-memory.ts';
import { addApi } from './grant-apis.ts';
import { clearInteractionCookie } from './interaction-end.ts';
import { otherAccountUrl, repeatRequest } from './repeat-request.ts';
import { newGrant } from '../engine/generation.ts';

/** What the pages may ask of the engine: which authorization request is waiting, and how it goes on. Nothing of oidc-provider shows through. */
export interface PendingAuthorization {
  /** Identifies the interaction; also in the URL and in its cookie. */
  uid: string;
  /** Binds forms to this interaction: derived from a value that never leaves the server. */
  csrf: string;
  prompt: string;
  /** Set once someone has signed in. */
  accountId: string | undefined;
  client: PendingClient;
  loginHint: string | undefined;
  redirectUri: string;
  /** What is asked for and would be granted. */
  requested: RememberedConsent;
  /** The same request once more, for someone else; undefined where it cannot be made twice. */
  otherAccountUrl: string | undefined;
}

export interface PendingClient {
  id: string;
  name: string;
  uri: string | undefined;
  logoUri: string | undefined;
  policyUri: string | undefined;
  tosUri: string | undefined;
}

/** The interaction is over, unknown, or another browser's. */
export class InteractionGoneError extends Error {
  override readonly name = 'InteractionGoneError';
}

export interface Interactions {
  /** @throws InteractionGoneError */
  pending(ctx: Context): Promise<PendingAuthorization>;
  /** Where an application begins; undefined when there is no such client. */
  home(clientId: string): Promise<ReturnLink | undefined>;
  /** The application of an interaction that waits for any browser; undefined when there is none. */
  homeOf(uid: string): Promise<ReturnLink | undefined>;
  /** The request of an interaction that is gone, where this browser has kept it and can make it once more. */
  repeatRequest(ctx: Context, uid: string): { clientId: string; url: string } | undefined;
  /** Takes back the cookie of an interaction that is gone. */
  forget(ctx: Context, uid: string): void;
  /** Each returns the URL where the browser goes on. */
  signIn(ctx: Context, account: { id: string; generation: number }): Promise<string>;
  consent(
    ctx: Context,
    pending: PendingAuthorization,
    account: { id: string; generation: number },
  ): Promise<string>;
  /** @param reason for the application, in a sentence (RFC 6749 §4.1.2.1) */
  abort(ctx: Context, reason: string): Promise<string>;
}

/** @param clock epoch milliseconds */
export function createInteractions(
  provider: Provider,
  consentMemory: ConsentMemory,
  declared: readonly Api[],
  clock: () => number,
): Interactions {
  const apis = indexApis(declared);
  const home = async (clientId: string): Promise<ReturnLink | undefined> => {
    const client = await provider.Client.find(clientId);
    return client && clientHome(client);
  };
  return {
    async pending(ctx) {
      const interaction = await details(provider, ctx);
      const client = await provider.Client.find(String(interaction.params.client_id));
      if (client === undefined) throw new InteractionGoneError('the client was removed');
      const { params } = interaction;
      const offer = requested(params, client, apis);
      return {
        uid: interaction.uid,
        csrf: csrfToken(interaction, offer),
        prompt: interaction.prompt.name,
        accountId: interaction.session?.accountId,
        client: view(client),
        loginHint: typeof params.login_hint === 'string' ? params.login_hint : undefined,
        redirectUri: String(params.redirect_uri),
        requested: offer,
        otherAccountUrl: isOfBrowser(interaction) ? otherAccountUrl(params) : undefined,
      };
    },
    home,
    async homeOf(uid) {
      const interaction = await provider.Interaction.find(uid);
      return interaction && (await home(String(interaction.params.client_id)));
    },
    repeatRequest: repeatRequest,
    forget(ctx, uid) {
      clearInteractionCookie(ctx, provider, uid);
    },
    async signIn(ctx, { id, generation }) {
      const interaction = await details(provider, ctx);
      // Signing in as someone else ends the session and its grants, and would take along what still waits under one of them.
      if (interaction.session?.accountId !== id) interaction.grantId = undefined;
      // The engine would take the time when the browser goes on, here and after every later step, for `auth_time`.
      const ts = Math.floor(clock() / 1000);
      const login = { accountId: id, generation, amr: ['pwd'], ts };
      return await submit(ctx, interaction, { login }, ['login', id, generation]);
    },
    async consent(ctx, pending, account) {
      const interaction = await details(provider, ctx);
      const client = await provider.Client.find(pending.client.id);
      if (client === undefined) throw new InteractionGoneError('the client was removed');
      const known = await currentGrantId(provider, interaction, pending.client.id);
      const grant =
        (known === undefined ? undefined : await provider.Grant.find(known)) ??
        newGrant(provider, account, client);
      if (pending.requested.openid.length > 0) grant.addOIDCScope(pending.requested.openid);
      for (const [resource, scopes] of Object.entries(pending.requested.resources)) {
        addApi(grant, resource, scopes);
      }
      const grantId = await orGone(() => grant.save());
      await consentMemory.remember(account.id, clientSettings(client).instance, pending.requested);
      return await submit(ctx, interaction, { consent: { grantId } }, ['consent', account.id]);
    },
    async abort(ctx, reason) {
      const interaction = await details(provider, ctx);
      const denied = { error: 'access_denied', error_description: reason };
      return await submit(ctx, interaction, denied, ['abort', reason]);
    },
  };
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** A request that was pushed (RFC 9126) or signed (RFC 9101) is the application's to make. */
function isOfBrowser({ trusted, ...interaction }: Interaction): boolean {
  const { parJti } = interaction as { parJti?: string };
  return parJti === undefined && (trusted ?? []).length === 0;
}

async function details(provider: Provider, ctx: Context) {
  try {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    if (ctx.path.split('/')[2] !== interaction.uid)
      throw new InteractionGoneError('cookie of another interaction');
    const params = await readRequestCookie(ctx, interaction);
    if (params === undefined) throw new InteractionGoneError('the browser has not kept the request');
    interaction.params = params;
    return interaction;
  } catch (error) {
    if (error instanceof errors.SessionNotFound)
      throw new InteractionGoneError(error.message, { cause: error });
    throw error;
  }
}

/**
 * Stores the result of the step, for the browsers that submitted it and no others. Equal submissions share a ticket, so that each of their
 * answers can be resumed: after a double click, a browser may have the first answer and the store the second result.
 * @param decision what was submitted, without what differs from one submission to the next
 */
async function submit(
  ctx: Context,
  interaction: Interaction,
  result: InteractionResults,
  decision: readonly unknown[],
): Promise<string> {
  const ticket = createHash('sha256')
    .update(JSON.stringify(['ticket', interaction.cid, ...decision]))
    .digest('base64url');
  await setResumeCookie(ctx, interaction, ticket);
  // An equal submission was first, and the engine may have changed the interaction since.
  if (interaction.result?.ticket === ticket) return interaction.returnTo;
  interaction.result = {
    ...('error' in result ? undefined : interaction.lastSubmission),
    ...result,
    ticket,
  };
  await orGone(() => interaction.persist());
  return interaction.returnTo;
}

/** A grant that a concurrent request has revoked ends the interaction under it. */
async function orGone<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof errors.InvalidGrant) throw new InteractionGoneError(error.message, { cause: error });
    throw error;
  }
}

/** The grant of the session, which another tab may have made since this request began. */
async function currentGrantId(
  provider: Provider,
  { grantId, session }: Awaited<ReturnType<typeof details>>,
  clientId: string,
): Promise<string | undefined> {
  const latest = session === undefined ? undefined : await provider.Session.findByUid(session.uid);
  return latest?.grantIdFor(clientId) ?? grantId;
}

/** Also bound to what the page offers: whoever submits it agrees to what was shown, not to what a client may ask for meanwhile. */
function csrfToken({ uid, cid }: { uid: string; cid: string }, offer: RememberedConsent): string {
  return createHash('sha256')
    .update(JSON.stringify(['csrf', uid, cid, offer]))
    .digest('base64url');
}

function view(client: Client): PendingClient {
  return {
    id: client.clientId,
    name: client.clientName ?? client.clientId,
    uri: client.clientUri,
    logoUri: client.logoUri,
    policyUri: client.policyUri,
    tosUri: client.tosUri,
  };
}

/** Every API that a token would be for is in it, also without a scope. */
function requested(params: Record<string, unknown>, client: Client, apis: Apis): RememberedConsent {
  const { allowedScopes } = clientSettings(client);
  const scopes = text(params.scope)
    .split(' ')
    .filter((scope) => allowedScopes.has(scope));
  const resources: Record<string, string[]> = {};
  for (const resource of [params.resource ?? []].flat()) {
    const access = findAccess(apis, client, text(resource));
    if (access !== undefined) {
      resources[access.api.audience] = scopes.filter((scope) => access.scopes.includes(scope));
    }
  }
  return { openid: scopes.filter((scope) => STANDARD_SCOPES.has(scope)), resources };
}

function text(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : '';
}
