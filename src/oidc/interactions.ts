import { createHash } from 'node:crypto';
import { errors, type Client, type Provider } from 'oidc-provider';
import type { Context } from 'koa';
import type { Api } from '../config/schema.ts';
import { STANDARD_SCOPES } from '../config/config.ts';
import { clientSettings } from './client-settings.ts';
import type { ConsentMemory, RememberedConsent } from './consent.ts';

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
  /** Each returns the URL where the browser goes on. */
  signIn(ctx: Context, accountId: string): Promise<string>;
  consent(ctx: Context, pending: PendingAuthorization): Promise<string>;
  abort(ctx: Context): Promise<string>;
}

export function createInteractions(
  provider: Provider,
  consentMemory: ConsentMemory,
  apis: readonly Api[],
): Interactions {
  const byAudience = new Map(apis.map((api) => [api.audience, api]));
  return {
    async pending(ctx) {
      const interaction = await details(provider, ctx);
      const client = await provider.Client.find(String(interaction.params.client_id));
      if (client === undefined) throw new InteractionGoneError('the client was removed');
      const { params } = interaction;
      return {
        uid: interaction.uid,
        csrf: csrfToken(interaction.uid, interaction.cid),
        prompt: interaction.prompt.name,
        accountId: interaction.session?.accountId,
        client: view(client),
        loginHint: typeof params.login_hint === 'string' ? params.login_hint : undefined,
        redirectUri: String(params.redirect_uri),
        requested: requested(params, client, byAudience),
      };
    },
    async signIn(ctx, accountId) {
      return provider.interactionResult(ctx.req, ctx.res, { login: { accountId, amr: ['pwd'] } });
    },
    async consent(ctx, pending) {
      const interaction = await details(provider, ctx);
      const accountId = pending.accountId as string;
      const known =
        interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
      const grant = known ?? new provider.Grant({ accountId, clientId: pending.client.id });
      if (pending.requested.openid.length > 0) grant.addOIDCScope(pending.requested.openid);
      for (const [resource, scopes] of Object.entries(pending.requested.resources)) {
        grant.addResourceScope(resource, scopes);
      }
      const grantId = await grant.save();
      await consentMemory.remember(accountId, pending.client.id, pending.requested);
      return provider.interactionResult(ctx.req, ctx.res, { consent: { grantId } });
    },
    async abort(ctx) {
      return provider.interactionResult(
        ctx.req,
        ctx.res,
        { error: 'access_denied', error_description: 'the person cancelled the request' },
        { mergeWithLastSubmission: false },
      );
    },
  };
}

async function details(provider: Provider, ctx: Context) {
  try {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    if (ctx.path.split('/')[2] !== interaction.uid)
      throw new InteractionGoneError('cookie of another interaction');
    return interaction;
  } catch (error) {
    if (error instanceof errors.SessionNotFound)
      throw new InteractionGoneError(error.message, { cause: error });
    throw error;
  }
}

function csrfToken(uid: string, secret: string): string {
  return createHash('sha256').update(`csrf\n${uid}\n${secret}`).digest('base64url');
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

function requested(
  params: Record<string, unknown>,
  client: Client,
  byAudience: ReadonlyMap<string, Api>,
): RememberedConsent {
  const { allowedScopes } = clientSettings(client);
  const scopes = text(params.scope)
    .split(' ')
    .filter((scope) => allowedScopes.has(scope));
  const resources: Record<string, string[]> = {};
  for (const resource of [params.resource ?? []].flat()) {
    const api = byAudience.get(text(resource));
    const granted = api === undefined ? [] : scopes.filter((scope) => Object.hasOwn(api.scopes, scope));
    if (api !== undefined && granted.length > 0) resources[api.audience] = granted;
  }
  return { openid: scopes.filter((scope) => STANDARD_SCOPES.has(scope)), resources };
}

function text(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : '';
}
