import { createHash } from 'node:crypto';
import { type Client, errors, type InteractionResults, type Provider } from 'oidc-provider';
import type { Context } from 'koa';
import { type Clock, nowInSeconds } from '../../clock.ts';
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

/** The engine as the pages of an interaction see it: the pending authorization request, and the results of its steps. No type of oidc-provider is exposed. */
export interface PendingAuthorization {
  /** Identifies the interaction; also in the URL and in its cookie. */
  uid: string;
  /** Token of the forms of this interaction, derived from a value that never leaves the server. */
  csrf: string;
  prompt: string;
  /** Set after the sign-in. */
  accountId: string | undefined;
  client: PendingClient;
  loginHint: string | undefined;
  redirectUri: string;
  /** Requested scopes and APIs that consent would grant. */
  requested: RememberedConsent;
  /** Repeats the request for another account; undefined where it cannot be repeated. */
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

/** The interaction has ended, is unknown, or belongs to another browser. */
export class InteractionGoneError extends Error {
  override readonly name = 'InteractionGoneError';
}

export interface Interactions {
  /** @throws InteractionGoneError */
  pending(ctx: Context): Promise<PendingAuthorization>;
  /** The link to an application; undefined when there is no such client. */
  home(clientId: string): Promise<ReturnLink | undefined>;
  /** The application of a pending interaction, in any browser; undefined when there is none. */
  homeOf(uid: string): Promise<ReturnLink | undefined>;
  /** Repeats the request of an expired interaction, where this browser has its cookie. */
  repeatRequest(ctx: Context, uid: string): { clientId: string; url: string } | undefined;
  /** Clears the cookie of an expired interaction. */
  forget(ctx: Context, uid: string): void;
  /** Returns the URL where the engine resumes, like the other steps. */
  signIn(ctx: Context, account: { id: string; generation: number }): Promise<string>;
  consent(
    ctx: Context,
    pending: PendingAuthorization,
    account: { id: string; generation: number },
  ): Promise<string>;
  /** @param reason for the application, in a sentence (RFC 6749 §4.1.2.1) */
  abort(ctx: Context, reason: string): Promise<string>;
}

export function createInteractions(
  provider: Provider,
  consentMemory: ConsentMemory,
  declared: readonly Api[],
  clock: Clock,
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
      // Signing in with another account ends the session and its grants; the interaction must not refer to one of them.
      if (interaction.session?.accountId !== id) interaction.grantId = undefined;
      // Without it the engine would use the time of resuming, also after later steps, as `auth_time`.
      const ts = nowInSeconds(clock);
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

/** Whether the browser may repeat the request: not a pushed (RFC 9126) or signed one (RFC 9101). */
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
 * Stores the result of a step, for the browser that submitted it. Equal submissions share a ticket, so that each response can be resumed:
 * after a double click the browser may have the first response, and the store the second result.
 * @param decision the submitted values that equal submissions have in common
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
  // An equal submission came first; the engine may have changed the interaction since.
  if (interaction.result?.ticket === ticket) return interaction.returnTo;
  interaction.result = {
    ...('error' in result ? undefined : interaction.lastSubmission),
    ...result,
    ticket,
  };
  await orGone(() => interaction.persist());
  return interaction.returnTo;
}

/** An interaction ends when a concurrent request revokes its grant. */
async function orGone<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof errors.InvalidGrant) throw new InteractionGoneError(error.message, { cause: error });
    throw error;
  }
}

/** The session's current grant, which another tab may have created since this request began. */
async function currentGrantId(
  provider: Provider,
  { grantId, session }: Awaited<ReturnType<typeof details>>,
  clientId: string,
): Promise<string | undefined> {
  const latest = session === undefined ? undefined : await provider.Session.findByUid(session.uid);
  return latest?.grantIdFor(clientId) ?? grantId;
}

/** Also bound to what the page shows: the form grants that, also when the client's registration changes meanwhile. */
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

/** Contains every API that a token would be for, also one without scopes. */
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
