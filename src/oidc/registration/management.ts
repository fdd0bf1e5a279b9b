import type { Context, Middleware } from 'koa';
import type { Registered, Registrations } from '../../clients/self-registration/registrations.ts';
import { readJsonBody } from '../../http/json-body.ts';
import { auditContext } from '../../http/state.ts';
import { forgetClient } from '../engine/client-cache.ts';
import type { RouteContext } from '../feature.ts';
import { bearerOf } from './bearer-token.ts';
import { clientInformation, sendInformation } from './client-information.ts';
import { prepareLogo } from './prepare-logo.ts';
import { invalidToken, registrationProblem } from './registration-error.ts';

/**
 * The client configuration endpoint (RFC 7592): a client reads, replaces and removes its own registration with its registration access
 * token. An unknown client, another client's token and a removed client get one answer.
 */
export function manageRegistration(
  { config, logos, provider }: Pick<RouteContext, 'config' | 'logos' | 'provider'>,
  registrations: Registrations,
): Middleware {
  const send = (ctx: Context, token: string, { client, secret }: Registered): void =>
    sendInformation(ctx, 200, clientInformation(config.issuer, client, { token, secret }));
  const handlers: Readonly<Record<string, (ctx: Context, id: string, token: string) => Promise<boolean>>> = {
    async GET(ctx, id, token) {
      const client = await registrations.find(id, token);
      if (client !== undefined) send(ctx, token, { client });
      return client !== undefined;
    },
    async PUT(ctx, id, token) {
      // Before the body is read, which costs more.
      if ((await registrations.find(id, token)) === undefined) return false;
      const input = await readJsonBody(ctx);
      const replaced = await registrations.replace(id, token, { input, facts: auditContext(ctx) });
      forgetClient(provider, id);
      if (replaced === undefined) return false;
      prepareLogo(logos, replaced.client);
      send(ctx, token, replaced);
      return true;
    },
    async DELETE(ctx, id, token) {
      const removed = await registrations.remove(id, token, auditContext(ctx));
      forgetClient(provider, id);
      ctx.status = 204;
      ctx.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
      return removed;
    },
  };
  return async (ctx) => {
    const id = String(ctx.params.clientId);
    const handle = handlers[ctx.method === 'HEAD' ? 'GET' : ctx.method];
    try {
      const token = bearerOf(ctx);
      const found = token !== undefined && (await handle?.(ctx, id, token));
      if (found !== true) throw invalidToken('registration access token is missing or not valid');
    } catch (error) {
      throw registrationProblem(error);
    }
  };
}
