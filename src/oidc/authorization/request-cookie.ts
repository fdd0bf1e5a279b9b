import { hash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { compactDecrypt, CompactEncrypt, CompactSign, compactVerify } from 'jose';
import type { Context } from 'koa';
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Payload } from '../../store/store.ts';

/**
 * The parameters of an authorization request that waits for its person lie in the browser that sent it. The store keeps little
 * of each request, because anybody can send requests, as many and as long as they like.
 *
 * They are protected by a key that only the stored interaction yields, which ends with it. There are two copies: one for the pages, handed
 * out with the interaction, and one to resume, sealed, handed out in the answer to a form that was right. So no browser resumes what
 * another browser has submitted, not even one whose interaction was planted there.
 *
 * The copy for the pages is signed, and not sealed: it came through this browser's address bar anyway, and the browser can make the
 * request once more when the interaction is gone (`same-request.ts`). A pushed request (RFC 9126) was never shown to the browser and can be
 * used once: it is sealed.
 */

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
type Parameters = Interaction['params'];

/** Browsers keep 4,096 bytes of name, value and attributes. */
const MAX_COOKIE_LENGTH = 3800;

/** Characters that a sealed copy has more than a signed one: what fits on the pages must fit when it is resumed. */
const SEALING = 16;

/** Seconds: a page may stay open over night. */
const READABLE_LIFETIME = 24 * 60 * 60;

/** Bytes; more than what was sealed ever has. */
const MAX_INFLATED_BYTES = 64 * 1024;

/** What the store keeps of an interaction: all but what a client put into the request, and which client that was. */
export function omitRequestParameters({ params, prompt, ...kept }: Payload): Payload {
  const { client_id: clientId } = (params ?? {}) as Parameters;
  return { ...kept, params: { client_id: clientId }, prompt: { ...(prompt as object), details: {} } };
}

/**
 * Gives the parameters to the pages of an interaction.
 * @throws InvalidRequest when they are too long for a browser to keep
 */
export async function setRequestCookie(ctx: Context, interaction: Interaction): Promise<void> {
  const params = { ...interaction.params, ...hintedAccount(ctx) };
  const path = pagesOf(interaction.uid);
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

/** Of an ID token that was checked, whom it names is all that is needed from then on: `interaction-policy.ts` compares it. */
function hintedAccount(ctx: Context): Parameters | undefined {
  const { IdTokenHint } = (ctx as KoaContextWithOIDC).oidc.entities;
  return IdTokenHint && { id_token_hint: IdTokenHint.payload.sub };
}

/**
 * Gives them to the address where the engine goes on, and to the browser that has just submitted a form and no other.
 * @param ticket what that browser is known by; part of the interaction's result
 */
export async function setResumeCookie(ctx: Context, interaction: Interaction, ticket: string): Promise<void> {
  const path = resumptionOf(interaction);
  keep(ctx, path, await seal(interaction.params, keyOf(interaction, path, ticket)), remaining(interaction));
}

/** @returns undefined for another browser, or one that has forgotten */
export async function readRequestCookie(
  ctx: Context,
  interaction: Interaction,
): Promise<Parameters | undefined> {
  const path = pagesOf(interaction.uid);
  return await open(ctx, keyOf(interaction, path));
}

/** The request of an interaction that may be gone, as the browser's cookie has it: untrusted input. */
export function readUnverifiedRequest(ctx: Context, uid: string): Parameters | undefined {
  if (ctx.path !== pagesOf(uid)) return undefined;
  const [, payload = '', signature, ...others] = kept(ctx)?.split('.') ?? [];
  if (signature === undefined || others.length > 0) return undefined;
  try {
    const params: unknown = expanded(Buffer.from(payload, 'base64url'));
    return typeof params === 'object' && params !== null ? (params as Parameters) : undefined;
  } catch {
    return undefined;
  }
}

/** Has the engine find the parameters of the interaction that it goes on with. */
export function resumeFromRequestCookie(provider: Provider): void {
  const model = provider.Interaction as unknown as { find(id: string): Promise<Interaction | undefined> };
  const find = model.find.bind(model);
  model.find = async (id) => {
    const interaction = await find(id);
    const { ctx } = Provider;
    if (interaction === undefined || !ctx?.oidc.route.endsWith('resume')) return interaction;
    const { ticket } = interaction.result ?? {};
    const params = await open(ctx, keyOf(interaction, resumptionOf(interaction), ticket));
    if (params === undefined) return undefined;
    interaction.params = params;
    return interaction;
  };
}

/** Takes back what a browser was given, when the interaction has ended. */
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
  if (value.length > longest) throw new errors.InvalidRequest('the request is too long');
  ctx.cookies.set(cookieName(ctx), value, {
    path,
    maxAge: lifetime * 1000,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

/** Whichever of the two it is, it was made with this key. */
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

/** Of `cid`, a random value that never leaves the server. */
function keyOf({ uid, cid }: Interaction, path: string, ticket?: unknown): Uint8Array {
  return hash('sha256', JSON.stringify(['request', uid, cid, path, ticket ?? null]), 'buffer');
}

function pagesOf(uid: string): string {
  return `/interaction/${uid}`;
}

function resumptionOf({ returnTo }: Interaction): string {
  return new URL(returnTo).pathname;
}

function cookieName(ctx: Context): string {
  return ctx.secure ? '__Secure-signet_request' : 'signet_request';
}
