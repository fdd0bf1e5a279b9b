import { hash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { compactDecrypt, CompactEncrypt } from 'jose';
import type { Context } from 'koa';
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Payload } from '../store/store.ts';

/**
 * The parameters of an authorization request that waits for its person lie in the browser that sent it, sealed. The store keeps little
 * of each request, because anybody can send requests, as many and as long as they like.
 *
 * They are sealed under a key that only the stored interaction yields, which ends with it. There are two: one for the pages, handed out
 * with the interaction, and one to go on, handed out in the answer to a form that was right. So nobody goes on with what
 * another browser has submitted, also who has planted an interaction of their own there.
 */

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
type Parameters = Interaction['params'];

/** Browsers keep 4,096 bytes of name, value and attributes. */
const LONGEST = 3800;

/** Bytes; more than what was sealed ever has. */
const LONGEST_OPENED = 64 * 1024;

/** What the store keeps of an interaction: all but what a client put into the request. */
export function withoutRequest({ params: _params, prompt, ...kept }: Payload): Payload {
  return { ...kept, prompt: { ...(prompt as object), details: {} } };
}

/**
 * Gives the parameters to the pages of an interaction.
 * @throws InvalidRequest when they are too long for a browser to keep
 */
export async function carryToPages(ctx: Context, interaction: Interaction): Promise<void> {
  const params = { ...interaction.params, ...hintedAccount(ctx) };
  await carry(ctx, interaction, pagesOf(interaction.uid), params);
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
export async function carryOn(ctx: Context, interaction: Interaction, ticket: string): Promise<void> {
  await carry(ctx, interaction, resumptionOf(interaction), interaction.params, ticket);
}

/** @returns undefined for another browser, or one that has forgotten */
export async function carriedToPages(
  ctx: Context,
  interaction: Interaction,
): Promise<Parameters | undefined> {
  return await open(ctx, interaction, pagesOf(interaction.uid));
}

/** Has the engine find the parameters of the interaction that it goes on with. */
export function resumeCarriedRequests(provider: Provider): void {
  const model = provider.Interaction as unknown as { find(id: string): Promise<Interaction | undefined> };
  const find = model.find.bind(model);
  model.find = async (id) => {
    const interaction = await find(id);
    const { ctx } = Provider;
    if (interaction === undefined || !ctx?.oidc.route.endsWith('resume')) return interaction;
    const { ticket } = interaction.result ?? {};
    const params = await open(ctx, interaction, resumptionOf(interaction), ticket);
    if (params === undefined) return undefined;
    interaction.params = params;
    return interaction;
  };
}

/** Takes back what a browser was given, when the interaction has ended. */
export function dropCarriedRequest(ctx: Context, path: string): void {
  ctx.cookies.set(cookieName(ctx), null, { path, signed: false, sameSite: 'lax' });
}

/** Where the application of a request that goes on waits for its answer. */
export function waitingRedirectUri(ctx: Context): string | undefined {
  const { Interaction } = (ctx as Partial<KoaContextWithOIDC>).oidc?.entities ?? {};
  const uri = Interaction?.params.redirect_uri;
  return typeof uri === 'string' ? uri : undefined;
}

async function carry(
  ctx: Context,
  interaction: Interaction,
  path: string,
  params: Parameters,
  ticket?: string,
): Promise<void> {
  const value = await new CompactEncrypt(deflateRawSync(JSON.stringify(params)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(keyOf(interaction, path, ticket));
  if (value.length > LONGEST) throw new errors.InvalidRequest('the request is too long');
  ctx.cookies.set(cookieName(ctx), value, {
    path,
    maxAge: interaction.exp * 1000 - Date.now(),
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

async function open(
  ctx: Context,
  interaction: Interaction,
  path: string,
  ticket?: unknown,
): Promise<Parameters | undefined> {
  const value = ctx.cookies.get(cookieName(ctx), { signed: false });
  if (value === undefined) return undefined;
  try {
    const { plaintext } = await compactDecrypt(value, keyOf(interaction, path, ticket), {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return JSON.parse(inflateRawSync(plaintext, { maxOutputLength: LONGEST_OPENED }).toString());
  } catch {
    return undefined;
  }
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
