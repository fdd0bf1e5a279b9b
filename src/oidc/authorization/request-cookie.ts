import { hash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { compactDecrypt, CompactEncrypt, CompactSign, compactVerify } from 'jose';
import type { Context } from 'koa';
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { interactionPath } from '../../http/paths.ts';
import type { Payload } from '../../store/store.ts';
import { override } from '../overrides.ts';

/**
 * During an interaction the parameters of an authorization request are in a cookie of the browser that sent it. The store keeps little of each
 * request, because anybody can send many and long ones.
 *
 * The cookies are protected by a key derived from the stored interaction. There are two: one for the pages, set when the interaction starts,
 * and one for resuming, encrypted, set in the response to a valid form. So a browser cannot resume what another browser has submitted, also
 * when an attacker has planted the interaction in it.
 *
 * The cookie for the pages is signed, not encrypted: the browser knows the request, and can repeat it when the interaction has expired
 * (`repeat-request.ts`). A pushed request (RFC 9126) is unknown to the browser and can be used once: it is encrypted.
 */

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
type Parameters = Interaction['params'];

/** Browsers keep 4,096 bytes of name, value and attributes. */
const MAX_COOKIE_LENGTH = 3800;

/** Characters by which the encrypted cookie is longer: a request that fits the first cookie must fit the second. */
const SEALING = 16;

/** Seconds: pages stay open overnight. */
const READABLE_LIFETIME = 24 * 60 * 60;

/** Bytes; more than any cookie inflates to. */
const MAX_INFLATED_BYTES = 64 * 1024;

/** The stored part of an interaction: without the parameters of the request, but with its client. */
export function omitRequestParameters({ params, prompt, ...kept }: Payload): Payload {
  const { client_id: clientId } = (params ?? {}) as Parameters;
  return { ...kept, params: { client_id: clientId }, prompt: { ...(prompt as object), details: {} } };
}

/**
 * Sets the cookie for the pages of an interaction.
 * @throws InvalidRequest when the parameters are too long for a cookie
 */
export async function setRequestCookie(ctx: Context, interaction: Interaction): Promise<void> {
  const params = { ...interaction.params, ...hintedAccount(ctx) };
  const path = interactionPath(interaction.uid);
  const { parJti } = interaction as { parJti?: string };
  if (parJti !== undefined)
    keep(ctx, path, await seal(params, keyOf(interaction, path)), remaining(interaction));
  else
    keep(
      ctx,
      path,
      await sign(params, keyOf(interaction, path)),
      READABLE_LIFETIME,
      MAX_COOKIE_LENGTH - SEALING,
    );
}

/** Only the subject of a verified `id_token_hint` is needed from here on: `prompts.ts` compares it. */
function hintedAccount(ctx: Context): Parameters | undefined {
  const { IdTokenHint } = (ctx as KoaContextWithOIDC).oidc.entities;
  return IdTokenHint && { id_token_hint: IdTokenHint.payload.sub };
}

/**
 * Sets the cookie for the address where the engine resumes, in the browser that has just submitted a form.
 * @param ticket binds the cookie to that submission; part of the interaction's result
 */
export async function setResumeCookie(ctx: Context, interaction: Interaction, ticket: string): Promise<void> {
  const path = resumptionOf(interaction);
  keep(ctx, path, await seal(interaction.params, keyOf(interaction, path, ticket)), remaining(interaction));
}

/** @returns undefined for another browser, or one without the cookie */
export async function readRequestCookie(
  ctx: Context,
  interaction: Interaction,
): Promise<Parameters | undefined> {
  const path = interactionPath(interaction.uid);
  return await open(ctx, keyOf(interaction, path));
}

/** The request in the cookie of an interaction that may have expired: untrusted input. */
export function readUnverifiedRequest(ctx: Context, uid: string): Parameters | undefined {
  if (ctx.path !== interactionPath(uid)) return undefined;
  const [, payload = '', signature, ...others] = kept(ctx)?.split('.') ?? [];
  if (signature === undefined || others.length > 0) return undefined;
  try {
    const params: unknown = expanded(Buffer.from(payload, 'base64url'));
    return typeof params === 'object' && params !== null ? (params as Parameters) : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the engine read the parameters of an interaction from the cookie when it resumes. */
export function resumeFromRequestCookie(provider: Provider): void {
  override<FindInteraction>(provider, 'Interaction.find', (find) => async (id) => {
    const interaction = await find.call(provider.Interaction, id);
    const { ctx } = Provider;
    if (interaction === undefined || !ctx?.oidc.route.endsWith('resume')) return interaction;
    const { ticket } = interaction.result ?? {};
    const params = await open(ctx, keyOf(interaction, resumptionOf(interaction), ticket));
    if (params === undefined) return undefined;
    interaction.params = params;
    return interaction;
  });
}

type FindInteraction = (this: unknown, id: string) => Promise<Interaction | undefined>;

/** Clears a cookie when its interaction has ended. */
export function clearRequestCookie(ctx: Context, path: string): void {
  ctx.cookies.set(cookieName(ctx), null, { path, signed: false, sameSite: 'lax' });
}

/** The redirect URI of a request that is not finished. */
export function pendingRedirectUri(ctx: Context): string | undefined {
  const { Interaction } = (ctx as Partial<KoaContextWithOIDC>).oidc?.entities ?? {};
  const uri = Interaction?.params.redirect_uri;
  return typeof uri === 'string' ? uri : undefined;
}

async function seal(params: Parameters, key: Uint8Array): Promise<string> {
  return await new CompactEncrypt(deflateRawSync(JSON.stringify(params)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(key);
}

async function sign(params: Parameters, key: Uint8Array): Promise<string> {
  return await new CompactSign(deflateRawSync(JSON.stringify(params)))
    .setProtectedHeader({ alg: 'HS256' })
    .sign(key);
}

/** @param lifetime seconds */
function keep(
  ctx: Context,
  path: string,
  value: string,
  lifetime: number,
  longest = MAX_COOKIE_LENGTH,
): void {
  if (value.length > longest) throw new errors.InvalidRequest('request parameters are too long');
  ctx.cookies.set(cookieName(ctx), value, {
    path,
    maxAge: lifetime * 1000,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

/** Decrypts or verifies, whichever the cookie needs. */
async function open(ctx: Context, key: Uint8Array): Promise<Parameters | undefined> {
  const value = kept(ctx);
  if (value === undefined) return undefined;
  try {
    const isSealed = value.split('.').length === 5;
    return expanded(isSealed ? await unsealed(value, key) : await verified(value, key)) as Parameters;
  } catch {
    return undefined;
  }
}

async function unsealed(value: string, key: Uint8Array): Promise<Uint8Array> {
  const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
  return (await compactDecrypt(value, key, options)).plaintext;
}

async function verified(value: string, key: Uint8Array): Promise<Uint8Array> {
  return (await compactVerify(value, key, { algorithms: ['HS256'] })).payload;
}

function expanded(deflated: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(deflated, { maxOutputLength: MAX_INFLATED_BYTES }).toString());
}

function kept(ctx: Context): string | undefined {
  return ctx.cookies.get(cookieName(ctx), { signed: false });
}

/** Seconds. */
function remaining({ exp }: Interaction): number {
  return exp - Date.now() / 1000;
}

/** Derived from `cid`, a random value that never leaves the server. */
function keyOf({ uid, cid }: Interaction, path: string, ticket?: unknown): Uint8Array {
  return hash('sha256', JSON.stringify(['request', uid, cid, path, ticket ?? null]), 'buffer');
}

function resumptionOf({ returnTo }: Interaction): string {
  return new URL(returnTo).pathname;
}

function cookieName(ctx: Context): string {
  return ctx.secure ? '__Secure-signet_request' : 'signet_request';
}
