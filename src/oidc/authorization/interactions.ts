import { createHash } from 'node:crypto';
import { type Client, errors, type Grant, type InteractionResults, type Provider } from 'oidc-provider';
import type { Context } from 'koa';
import type { Account } from '../../accounts/accounts.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Api } from '../../config/schema-apis.ts';
import { preferredLanguages } from '../../http/languages.ts';
import type { ReturnLink } from '../../pages/page-data.ts';
import { indexApis } from '../tokens/api-access.ts';
import { readRequestCookie, setResumeCookie } from './request-cookie.ts';
import { clientHome } from './client-home.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { ConsentMemory } from './consent-memory.ts';
import { addDestinations } from './consent-destination.ts';
import { addApi } from './grant-apis.ts';
import { clearInteractionCookie } from './interaction-end.ts';
import {
  type Interaction,
  type PendingAuthorization,
  pendingAuthorization,
} from './pending-authorization.ts';
import type { AccountSelection } from './prompts.ts';
import { type RepeatedRequest, repeatRequest } from './repeat-request.ts';
import { newGrant } from '../engine/generation.ts';
import type { LoginResult } from '../engine/login-result.ts';
import { signedInWith } from '../engine/signed-in.ts';
import type { SignedIn } from '../../http/services.ts';

/** The interaction has ended, is unknown, or belongs to another browser. */
export class InteractionGoneError extends Error {
  override readonly name = 'InteractionGoneError';
}

/** The engine as the pages of an interaction see it: the pending authorization request, and the results of its steps. */
export interface Interactions {
  /** @throws InteractionGoneError */
  pending(ctx: Context): Promise<PendingAuthorization>;
  /** The link to an application; undefined when there is no such client. */
  clientLink(ctx: Context, clientId: string): Promise<ReturnLink | undefined>;
  /** The application of a pending interaction, in any browser; undefined when there is none. */
  linkOfPending(ctx: Context, uid: string): Promise<ReturnLink | undefined>;
  /** Repeats the request of an expired interaction, where this browser has its cookie. */
  repeatRequest(ctx: Context, uid: string): RepeatedRequest | undefined;
  /** Clears the cookie of an expired interaction. */
  clearCookie(ctx: Context, uid: string): void;
  /** @returns the URL where the engine resumes, like the other steps */
  selectAccount(ctx: Context, selection: AccountSelection): Promise<string>;
  /**
   * After all steps of a sign-in. At the prompt `second_factor` the session of the browser is continued.
   * @throws InteractionGoneError also when that session has ended
   */
  signIn(
    ctx: Context,
    account: Pick<Account, 'id' | 'generation'>,
    authentication: Authentication,
  ): Promise<string>;
  /** The session that the prompt `second_factor` is for; undefined when it has ended. */
  session(ctx: Context): Promise<SignedIn | undefined>;
  consent(
    ctx: Context,
    pending: PendingAuthorization,
    account: Pick<Account, 'id' | 'generation' | 'revocations'>,
  ): Promise<string>;
  /** The person has an account already (`prompt=create`). */
  declineCreation(ctx: Context): Promise<string>;
  /** The person keeps the account, which is stored already. */
  keepAccount(ctx: Context): Promise<string>;
  /** @param reason for the application, in a sentence (RFC 6749 §4.1.2.1) */
  abort(ctx: Context, reason: string): Promise<string>;
}

/** What was done in a sign-in (`accounts/sign-in/`). */
export interface Authentication {
  acr: string;
  amr: readonly string[];
  /** Epoch seconds: `SignedIn.secondFactorAt`. */
  secondFactorAt?: number | undefined;
}

export function createInteractions(
  provider: Provider,
  consentMemory: ConsentMemory,
  declared: readonly Api[],
  reading: SessionReading & { clock: Clock },
): Interactions {
  const apis = indexApis(declared);
  const clientLink = async (ctx: Context, clientId: string): Promise<ReturnLink | undefined> => {
    const client = await provider.Client.find(clientId);
    return client && clientHome(client, preferredLanguages(ctx));
  };
  const answer = async (ctx: Context, result: InteractionResults, decision: readonly unknown[]) =>
    await storeResult(ctx, await loadInteraction(provider, ctx), result, decision);
  return {
    async pending(ctx) {
      const interaction = await loadInteraction(provider, ctx);
      const client = await provider.Client.find(String(interaction.params.client_id));
      if (client === undefined) throw new InteractionGoneError('the client was removed');
      return pendingAuthorization(ctx, interaction, client, apis);
    },
    clientLink,
    async linkOfPending(ctx, uid) {
      const interaction = await provider.Interaction.find(uid);
      return interaction && (await clientLink(ctx, String(interaction.params.client_id)));
    },
    repeatRequest,
    clearCookie(ctx, uid) {
      clearInteractionCookie(ctx, provider, uid);
    },
    selectAccount: (ctx, { other }) =>
      answer(ctx, { select_account: { other } satisfies AccountSelection }, ['select_account', other]),
    async signIn(ctx, account, authentication) {
      const interaction = await loadInteraction(provider, ctx);
      const session = await steppedUpSession(provider, interaction, account, reading);
      if (interaction.session?.accountId !== account.id) forgetAccount(interaction);
      // Without it the engine would use the time of resuming, also after later steps, as `auth_time`. A second factor alone makes no sign-in
      // newer.
      const ts = session?.authTime ?? nowInSeconds(reading.clock);
      const isStepUp = session !== undefined;
      return await storeLogin(ctx, interaction, account, { ...authentication, ts, isStepUp });
    },
    async session(ctx) {
      return await currentSession(provider, await loadInteraction(provider, ctx), reading);
    },
    async consent(ctx, pending, account) {
      const interaction = await loadInteraction(provider, ctx);
      const client = await provider.Client.find(pending.client.id);
      if (client === undefined) throw new InteractionGoneError('the client was removed');
      const grant = await grantOf(provider, interaction, account, client);
      addRequested(grant, pending);
      const grantId = await goneIfRevoked(() => grant.save());
      const { instance } = clientSettings(client);
      await consentMemory.add(account, { id: pending.client.id, instance }, pending.requested);
      return await storeResult(ctx, interaction, { consent: { grantId } }, ['consent', account.id]);
    },
    declineCreation: (ctx) => answer(ctx, { create: { declined: true } }, ['create']),
    keepAccount: (ctx) => answer(ctx, { keep_account: {} }, ['keep_account']),
    abort: (ctx, reason) =>
      answer(ctx, { error: 'access_denied', error_description: reason }, ['abort', reason]),
  };
}

/** What decides whether a stored session still counts. */
interface SessionReading {
  findAccount: (id: string) => Promise<Account | undefined>;
  lifetimes: Config['lifetimes'];
}

/**
 * The session that a second factor alone is added to; undefined for a whole sign-in.
 * @throws InteractionGoneError
 */
async function steppedUpSession(
  provider: Provider,
  interaction: Interaction,
  account: Pick<Account, 'id'>,
  reading: SessionReading,
): Promise<SignedIn | undefined> {
  if (interaction.prompt.name !== 'second_factor') return undefined;
  const session = await currentSession(provider, interaction, reading);
  if (session?.account.id !== account.id) throw new InteractionGoneError('the session has ended');
  return session;
}

async function storeLogin(
  ctx: Context,
  interaction: Interaction,
  { id, generation }: Pick<Account, 'id' | 'generation'>,
  { acr, amr, secondFactorAt, ts, isStepUp }: Authentication & { ts: number; isStepUp: boolean },
): Promise<string> {
  const login = {
    accountId: id,
    generation,
    acr,
    amr: [...amr],
    ts,
    secondFactorAt,
    ...(isStepUp && { isStepUp }),
  } satisfies LoginResult;
  return await storeResult(ctx, interaction, { login }, ['login', id, generation, acr, amr]);
}

/** The session that an interaction began in, unless it has ended since. */
async function currentSession(
  provider: Provider,
  { session }: Interaction,
  { findAccount, lifetimes }: SessionReading,
): Promise<SignedIn | undefined> {
  const found = session && (await provider.Session.findByUid(session.uid));
  return found && signedInWith(found, await findAccount(String(found.accountId)), lifetimes);
}

/**
 * Signing in with another account ends the session and its grants; the interaction must not refer to one of them. Consent that the other account
 * has given during the request does not count for this one.
 */
function forgetAccount(interaction: Interaction): void {
  interaction.grantId = undefined;
  delete interaction.lastSubmission?.consent;
}

async function loadInteraction(provider: Provider, ctx: Context): Promise<Interaction> {
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
async function storeResult(
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
  await goneIfRevoked(() => interaction.persist());
  return interaction.returnTo;
}

/** @throws InteractionGoneError when a concurrent request has revoked the grant of the interaction */
async function goneIfRevoked<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof errors.InvalidGrant) throw new InteractionGoneError(error.message, { cause: error });
    throw error;
  }
}

/** The grant of the session, or a new one. */
async function grantOf(
  provider: Provider,
  interaction: Interaction,
  account: Pick<Account, 'id' | 'generation' | 'revocations'>,
  client: Client,
): Promise<Grant> {
  const current = await currentGrantId(provider, interaction, client.clientId);
  const found = current === undefined ? undefined : await provider.Grant.find(current);
  return found ?? newGrant(provider, account, client, interaction.session?.uid);
}

function addRequested(
  grant: Grant,
  { requested: { openid, claims = [], resources, destinations } }: PendingAuthorization,
): void {
  if (openid.length > 0) grant.addOIDCScope(openid);
  if (claims.length > 0) grant.addOIDCClaims([...claims]);
  for (const [resource, scopes] of Object.entries(resources)) addApi(grant, resource, scopes);
  addDestinations(grant, destinations);
}

/** The session's current grant, which another tab may have created since this request began. */
async function currentGrantId(
  provider: Provider,
  { grantId, session }: Interaction,
  clientId: string,
): Promise<string | undefined> {
  const latest = session === undefined ? undefined : await provider.Session.findByUid(session.uid);
  return latest?.grantIdFor(clientId) ?? grantId;
}
