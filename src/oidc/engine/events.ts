import type { EventEmitter } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Audit } from '../../audit/audit.ts';
import { clientActor, personActor } from '../../audit/actors.ts';
import type { Logger } from '../../observability/log.ts';
import type { ClientSecretThrottle } from '../../limits/client-secret-throttle.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { sendProblem } from '../../http/problem.ts';
import { auditContext } from '../../http/state.ts';
import { isUnavailable, unavailable } from '../../http/problem-responder.ts';
import { TOKENS_ISSUED } from '../authorization/front-channel.ts';
import { addDetail, type EngineError, unknownClientId } from './error-detail.ts';
import { countFailedSecret } from '../client-auth/throttling.ts';

/** Turns the engine's events into log lines, audit events and metrics. Responses are changed only to say more about a failure. */

const FAILURES = [
  'authorization.error',
  'end_session.error',
  'end_session_confirm.error',
  'end_session_success.error',
  'grant.error',
  'introspection.error',
  'pushed_authorization_request.error',
  'revocation.error',
  'userinfo.error',
] as const;

/** Of the tokens of an authorization response; a code counts when it is redeemed. */
const FRONT_CHANNEL_GRANT = 'implicit';

export interface EngineEventOptions {
  log: Logger;
  audit: Audit;
  metrics: Metrics;
  secretThrottle: ClientSecretThrottle;
  /** In development a secret may be as short as an id: the response names an unknown client (`explain.ts`), the log does not. */
  development: boolean;
}

export function reportEngineEvents(provider: Provider, options: EngineEventOptions): void {
  const { log, audit, metrics } = options;
  const emitter: EventEmitter = provider;
  emitter.on('error', (err: Error) => log.warn({ err }, 'response could not be sent'));
  for (const name of FAILURES) {
    emitter.on(name, (ctx: KoaContextWithOIDC, error: EngineError) =>
      reportFailure(name, ctx, error, options),
    );
  }
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
    if (isUnavailable(error)) answerUnavailable(ctx);
    log.error({ ...logFields(ctx), err: error }, 'request failed');
  });
  provider.on('grant.success', (ctx) => {
    if (ctx.state.repeated === true) {
      audit.record({ type: 'token.repeated', ...auditFields(ctx) });
      return;
    }
    const grantType = String(ctx.oidc.params?.grant_type);
    metrics.tokenIssued(grantType);
    const token = ctx.oidc.entities.AccessToken ?? ctx.oidc.entities.ClientCredentials;
    audit.record({ type: 'token.issued', ...auditFields(ctx), detail: { grantType, scope: token?.scope } });
  });
  emitter.on(TOKENS_ISSUED, (ctx: KoaContextWithOIDC, { scope }: { scope?: string }) => {
    metrics.tokenIssued(FRONT_CHANNEL_GRANT);
    const detail = { grantType: FRONT_CHANNEL_GRANT, scope: scope ?? ctx.oidc.params?.scope };
    audit.record({ type: 'token.issued', ...auditFields(ctx), detail });
  });
  provider.on('grant.revoked', (ctx) => {
    if (ctx.oidc.route === 'token') {
      audit.record({ type: 'token.reused', ...auditFields(ctx) });
      log.warn(logFields(ctx), 'a code or refresh token was used twice; its grant is revoked');
      return;
    }
    const fields = auditFields(ctx);
    const actor =
      ctx.oidc.route === 'revocation' ? clientActor(fields.clientId) : personActor(fields.accountId);
    audit.record({ type: 'token.revoked', actor, ...fields });
  });
  provider.on('end_session.success', (ctx) => {
    const fields = auditFields(ctx);
    audit.record({ type: 'session.ended', actor: personActor(fields.accountId), ...fields });
  });
}

function reportFailure(
  event: string,
  ctx: KoaContextWithOIDC,
  error: EngineError,
  { log, audit, metrics, secretThrottle, development }: EngineEventOptions,
): void {
  // Signet answers these requests itself (`tokens/`).
  if (error.error === 'unsupported_token_type') return;
  // The client may be right: its key could not be opened.
  if (isUnavailable(error.cause)) {
    answerUnavailable(ctx);
    log.error({ ...logFields(ctx), event, err: error.cause }, 'request failed');
    return;
  }
  addDetail(ctx, error);
  ctx.state.failure = error;
  const unknownClient = development ? undefined : unknownClientId(ctx, error);
  log.info({ ...logFields(ctx), unknownClient, event, err: error }, error.error ?? 'request refused');
  if (error.error === 'invalid_client') {
    if (countFailedSecret(ctx, secretThrottle)) metrics.limited('wrong_client_secrets');
    else audit.record({ type: 'client.authentication_failed', ...auditFields(ctx) });
  }
}

function logFields(ctx: KoaContextWithOIDC): Record<string, unknown> {
  return {
    traceId: ctx.state.traceId,
    route: ctx.oidc?.route,
    clientId: ctx.oidc?.client?.clientId,
  };
}

function auditFields(ctx: KoaContextWithOIDC): {
  accountId?: string;
  clientId?: string;
  ip: string;
  traceId: string;
} {
  const { client, session, entities } = ctx.oidc;
  const token = entities.RefreshToken ?? entities.AccessToken;
  const accountId = entities.Account?.accountId ?? session?.accountId ?? token?.accountId;
  return {
    ...(accountId !== undefined && { accountId }),
    ...(client !== undefined && { clientId: client.clientId }),
    ...auditContext(ctx),
  };
}

/** The engine has answered with `server_error`; its page stays. */
function answerUnavailable(ctx: KoaContextWithOIDC): void {
  const problem = unavailable();
  ctx.set({ ...problem.options.headers });
  if (typeof ctx.body === 'object' && ctx.body !== null && 'error' in ctx.body) sendProblem(ctx, problem);
}
