import type { Context, Middleware } from 'koa';
import { metadataContext } from '../../clients/fields/shape.ts';
import {
  createInitialTokens,
  type InitialToken,
  type InitialTokens,
} from '../../clients/self-registration/initial-tokens.ts';
import { type RegistrationPolicy, registrationPolicy } from '../../clients/self-registration/policy.ts';
import { createRegistrations, type Registrations } from '../../clients/self-registration/registrations.ts';
import { readJsonBody } from '../../http/json-body.ts';
import { auditContext } from '../../http/state.ts';
import { listedNetworkOf } from '../../limits/network.ts';
import type { RouteContext } from '../feature.ts';
import { bearerOf } from './bearer-token.ts';
import { clientInformation, sendInformation } from './client-information.ts';
import { manageRegistration } from './management.ts';
import { prepareLogo } from './prepare-logo.ts';
import { invalidToken, registrationProblem } from './registration-error.ts';

/** The endpoints of registration: `register` (RFC 7591 §3), and `manage` (RFC 7592 §2). */
export function registrationEndpoints(
  context: RouteContext,
  countRegistration: (ctx: Context) => Promise<void>,
): { register: Middleware; manage: Middleware } {
  const { config, store, clock, audit, sealer, outbound } = context;
  const policy = registrationPolicy(config);
  const registrations = createRegistrations({
    clients: store.clients,
    sealer,
    audit,
    clock,
    policy,
    context: metadataContext(config),
    statementIssuers: config.registration.softwareStatements,
    outbound,
  });
  const initialTokens = createInitialTokens({ artifacts: store.artifacts, clock });
  return {
    register: register({ ...context, policy, registrations, initialTokens, countRegistration }),
    manage: manageRegistration(context, registrations),
  };
}

interface RegisterParts extends Pick<RouteContext, 'config' | 'logos' | 'metrics'> {
  policy: RegistrationPolicy;
  registrations: Registrations;
  initialTokens: InitialTokens;
  /** Throws a Problem where too many register without a token. */
  countRegistration: (ctx: Context) => Promise<void>;
}

function register(parts: RegisterParts): Middleware {
  const { config, logos, metrics, registrations, initialTokens, countRegistration } = parts;
  return async (ctx) => {
    try {
      const token = bearerOf(ctx);
      const initialToken = await initialTokenOf(token, parts);
      const { client, ...shown } = await registrations.register({
        input: await readJsonBody(ctx),
        facts: auditContext(ctx),
        network: listedNetworkOf(ctx.ip),
        initialToken,
        admit: async () => {
          if (token === undefined) await countRegistration(ctx);
          else if (!(await initialTokens.spend(token))) throw usedUp();
        },
      });
      prepareLogo(logos, client);
      sendInformation(ctx, 201, clientInformation(config.issuer, client, shown));
      metrics.registration('registered');
    } catch (error) {
      metrics.registration('refused');
      throw registrationProblem(error);
    }
  };
}

/** @throws Problem 401 for a token that is not valid, and without one where registration needs it */
async function initialTokenOf(
  token: string | undefined,
  { policy, initialTokens }: RegisterParts,
): Promise<InitialToken | undefined> {
  if (token === undefined) {
    if (policy.mode === 'open') return undefined;
    throw invalidToken('initial access token is missing');
  }
  const found = await initialTokens.find(token);
  if (found === undefined) throw usedUp();
  return found;
}

function usedUp(): Error {
  return invalidToken('initial access token is unknown, expired or used up');
}
