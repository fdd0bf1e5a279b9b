import { hash } from 'node:crypto';
import type { Context } from 'koa';
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { interactionPath, publicPath } from '../../http/paths.ts';
import type { Payload } from '../../store/store.ts';
import { override } from '../overrides.ts';
import { cookieContent, isStoredRequest, MAX_COOKIE_LENGTH, parametersOf } from './stored-parameters.ts';
import {
  openParameters,
  type Parameters,
  readUnverifiedParameters,
  sealParameters,
  signParameters,
} from './parameter-encoding.ts';

/**
 * During an interaction the parameters of an authorization request are in a cookie of the browser that sent it. The store keeps little of each
 * request, because requests need no credentials and may be many and long.
 *
 * The cookies are protected by a key derived from the stored interaction. There are two: one for the pages, set when the interaction starts,
 * and one for resuming, encrypted, set in the response to a valid form. So a browser cannot resume what another browser has submitted, also
 * when an attacker has planted the interaction in it.
 *
 * The cookie for the pages is signed, not encrypted: the browser knows the request, and can repeat it when the interaction has expired
 * (`repeat-request.ts`). A pushed request (RFC 9126) is unknown to the browser and can be used once, and a signed one (RFC 9101) is nothing
 * without its signature: these are encrypted.
 *
 * Where a client has authenticated or signed a request that is too long for a cookie, the store keeps the parameters with the interaction
 * (`stored-parameters.ts`), and the cookie only proves that the browser is the one that sent it.
 */

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** Characters by which the encrypted cookie is longer: a request that fits the first cookie must fit the second. */
const ENCRYPTION_OVERHEAD = 16;

/** Seconds: pages stay open overnight. */
const READABLE_LIFETIME = 24 * 60 * 60;

/** The stored part of an interaction: without the parameters of the request where the cookie has them, but with its client. */
export function omitRequestParameters({ params, prompt, ...kept }: Payload): Payload {
  const all = { ...(params as Parameters | undefined), ...hintedAccount(Provider.ctx) };
  const { client_id: clientId } = all;
  const isStored = isStoredRequest({ params: all, trusted: kept.trusted });
  const stored = isStored ? all : { client_id: clientId };
  return { ...kept, params: stored, prompt: { ...(prompt as object), details: {} } };
}

/**
 * Sets the cookie for the pages of an interaction.
 * @throws InvalidRequest when the parameters are too long for a cookie
 */
export async function setRequestCookie(ctx: Context, interaction: Interaction): Promise<void> {
  const params = { ...interaction.params, ...hintedAccount(ctx as KoaContextWithOIDC) };
  const path = interactionPath(ctx, interaction.uid);
  const { parJti, trusted = [] } = interaction as { parJti?: string; trusted?: string[] };
  const key = keyOf(interaction, path);
  if (parJti !== undefined || trusted.length > 0)
    writeCookie(
      ctx,
      path,
      await sealParameters(cookieContent({ params, trusted }), key),
      secondsLeft(interaction),
    );
  else {
    const value = await signParameters(params, key);
    writeCookie(ctx, path, value, READABLE_LIFETIME, MAX_COOKIE_LENGTH - ENCRYPTION_OVERHEAD);
  }
}

/** Only the subject of a verified `id_token_hint` is needed from here on: `prompts.ts` compares it. */
function hintedAccount(ctx: KoaContextWithOIDC | undefined): Parameters | undefined {
  const { IdTokenHint } = ctx?.oidc?.entities ?? {};
  return IdTokenHint && { id_token_hint: IdTokenHint.payload.sub };
}

/**
 * Sets the cookie for the address where the engine resumes, in the browser that has just submitted a form.
 * @param ticket binds the cookie to that submission; part of the interaction's result
 */
export async function setResumeCookie(ctx: Context, interaction: Interaction, ticket: string): Promise<void> {
  const path = pathOfResume(interaction);
  const value = await sealParameters(cookieContent(interaction), keyOf(interaction, path, ticket));
  writeCookie(ctx, path, value, secondsLeft(interaction));
}

/** @returns undefined for another browser, or one without the cookie */
export async function readRequestCookie(
  ctx: Context,
  interaction: Interaction,
): Promise<Parameters | undefined> {
  const path = interactionPath(ctx, interaction.uid);
  return parametersOf(interaction, await openCookie(ctx, keyOf(interaction, path)));
}

/** The request in the cookie of an interaction that may have expired: untrusted input. */
export function readUnverifiedRequest(ctx: Context, uid: string): Parameters | undefined {
  if (publicPath(ctx, ctx.path) !== interactionPath(ctx, uid)) return undefined;
  const value = readCookie(ctx);
  return value === undefined ? undefined : readUnverifiedParameters(value);
}

/** Makes the engine read the parameters of an interaction from the cookie when it resumes. */
export function resumeFromRequestCookie(provider: Provider): void {
  override<FindInteraction>(provider, 'Interaction.find', (find) => async (id) => {
    const interaction = await find.call(provider.Interaction, id);
    const { ctx } = Provider;
    if (interaction === undefined || !ctx?.oidc.route.endsWith('resume')) return interaction;
    const { ticket } = interaction.result ?? {};
    const cookie = await openCookie(ctx, keyOf(interaction, pathOfResume(interaction), ticket));
    const params = parametersOf(interaction, cookie);
    if (params === undefined) return undefined;
    interaction.params = params;
    await joinSession(interaction, ctx);
    return interaction;
  });
}

/**
 * Tabs that sign in at the same time start a session each, of which the browser keeps the last one. The interactions of the others continue
 * in that session: it is of the same account, and the browser is the one that has submitted the form.
 */
async function joinSession({ session: origin }: Interaction, { oidc }: KoaContextWithOIDC): Promise<void> {
  const { session, provider } = oidc;
  if (session?.accountId === undefined || origin?.accountId !== session.accountId) return;
  if (origin.uid === session.uid) return;
  const begun = await provider.Session.findByUid(origin.uid);
  if (begun?.accountId === session.accountId) origin.uid = session.uid;
}

type FindInteraction = (this: unknown, id: string) => Promise<Interaction | undefined>;

/** Clears a cookie when its interaction has ended. */
export function clearRequestCookie(ctx: Context, path: string): void {
  ctx.cookies.set(ctx.cookieNames.request, null, { path, signed: false, sameSite: 'lax' });
}

/** @param lifetime seconds */
function writeCookie(
  ctx: Context,
  path: string,
  value: string,
  lifetime: number,
  maxLength = MAX_COOKIE_LENGTH,
): void {
  if (value.length > maxLength) throw new errors.InvalidRequest('request parameters are too long');
  ctx.cookies.set(ctx.cookieNames.request, value, {
    path,
    maxAge: lifetime * 1000,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

async function openCookie(ctx: Context, key: Uint8Array): Promise<Parameters | undefined> {
  const value = readCookie(ctx);
  return value === undefined ? undefined : await openParameters(value, key);
}

function readCookie(ctx: Context): string | undefined {
  return ctx.cookies.get(ctx.cookieNames.request, { signed: false });
}

/** Until the interaction expires. */
function secondsLeft({ exp }: Interaction): number {
  return exp - Date.now() / 1000;
}

/** Derived from `cid`, a random value that never leaves the server. */
function keyOf({ uid, cid }: Interaction, path: string, ticket?: unknown): Uint8Array {
  return hash('sha256', JSON.stringify(['request', uid, cid, path, ticket ?? null]), 'buffer');
}

function pathOfResume({ returnTo }: Interaction): string {
  return new URL(returnTo).pathname;
}
