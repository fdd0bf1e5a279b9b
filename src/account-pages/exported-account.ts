import type { Consents, NamedConsent } from '../accounts/consents.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Sessions } from '../accounts/sessions.ts';
import { describeEvent } from '../audit/described-event.ts';
import { listedNetworkOf } from '../limits/network.ts';
import type { AuditEvent, AuditStore } from '../store/store.ts';

/**
 * What the server has about a person, as JSON: names are those of OpenID Connect Core where it has them, times are ISO 8601. Keys, digests and
 * seeds are left out, and whatever is about others: who of the operators has acted, and the addresses of those whose sign-in failed.
 */

interface Sources {
  sessions: Pick<Sessions, 'list'>;
  consents: Pick<Consents, 'listNamed'>;
  audit: Pick<AuditStore, 'search'>;
  issuer: string;
  /** Epoch seconds. */
  now: number;
}

const PAGE_SIZE = 100;

/** @yields pieces of one JSON text: there may be a hundred thousand events */
export async function* exportAccount(account: Account, sources: Sources): AsyncGenerator<string> {
  const head = {
    issuer: sources.issuer,
    exported_at: timeOf(sources.now),
    account: exportedRecord(account),
    factors: exportedFactors(account),
    sessions: await Array.fromAsync(sessionsOf(account, sources.sessions)),
    applications: (await sources.consents.listNamed(account)).map(exportedConsent),
  };
  yield `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "activity": [`;
  let separator = '\n';
  for await (const event of sources.audit.search({ accountId: account.id })) {
    yield `${separator}    ${JSON.stringify(exportedEvent(account, event))}`;
    separator = ',\n';
  }
  yield '\n  ]\n}\n';
}

function exportedRecord({ id, username, claims, createdAt, updatedAt, hasPassword, details = {} }: Account) {
  const { terms, deletion, recovery, emailRequest, passwordSetAt, emailChanges = [] } = details;
  return {
    sub: id,
    username,
    claims,
    has_password: hasPassword,
    ...(hasPassword && { password_set_at: timeOf(passwordSetAt) }),
    created_at: timeOf(createdAt),
    updated_at: timeOf(updatedAt),
    ...(terms && { terms: { version: terms.version, accepted_at: timeOf(terms.at) } }),
    ...(deletion && { deletion: { requested_at: timeOf(deletion.requestedAt), at: timeOf(deletion.at) } }),
    ...(recovery && {
      recovery: { requested_at: timeOf(recovery.requestedAt), ready_at: timeOf(recovery.readyAt) },
    }),
    ...(emailRequest && {
      requested_email: { email: emailRequest.email, until: timeOf(emailRequest.until) },
    }),
    former_email_addresses: emailChanges.map(({ email, at }) => ({ email, until: timeOf(at) })),
  };
}

function exportedConsent({ clientId, clientName, openid, claims, resources, ...times }: NamedConsent) {
  return {
    client_id: clientId,
    client_name: clientName,
    scopes: openid,
    claims,
    apis: resources,
    given_at: timeOf(times.givenAt),
    expires_at: timeOf(times.expiresAt),
  };
}

function exportedFactors({ details }: Account) {
  const { totp, passkeys = {}, recoveryCodes } = details?.factors ?? {};
  return {
    ...(totp && {
      authenticator: { created_at: timeOf(totp.createdAt), last_used_at: timeOf(totp.lastUsedAt) },
    }),
    passkeys: Object.values(passkeys).map(({ name, isPasskey, isBackedUp, transports, ...times }) => ({
      name,
      kind: isPasskey ? 'passkey' : 'security key',
      synchronised: isBackedUp,
      transports,
      created_at: timeOf(times.createdAt),
      last_used_at: timeOf(times.lastUsedAt),
    })),
    ...(recoveryCodes && {
      recovery_codes: { created_at: timeOf(recoveryCodes.createdAt), left: recoveryCodes.digests.length },
    }),
  };
}

async function* sessionsOf({ id }: Account, sessions: Sources['sessions']): AsyncGenerator<object> {
  let after: string | undefined;
  do {
    const page = await sessions.list(id, { after, limit: PAGE_SIZE });
    for (const { handle: _handle, beganAt, lastUsedAt, expiresAt, userAgent, ...facts } of page.sessions)
      yield {
        ...facts,
        user_agent: userAgent,
        began_at: timeOf(beganAt),
        last_used_at: timeOf(lastUsedAt),
        expires_at: timeOf(expiresAt),
      };
    after = page.next;
  } while (after !== undefined);
}

function exportedEvent({ id }: Account, event: AuditEvent) {
  const { at, type, outcome, actor, clientId, ip, detail } = describeEvent(event);
  const isOwn = actor?.kind === 'person' && actor.id === id;
  return {
    at: new Date(at).toISOString(),
    type,
    outcome,
    by: actor?.kind,
    client_id: clientId,
    ...(isOwn ? { ip } : { network: ip === undefined ? undefined : listedNetworkOf(ip) }),
    detail,
  };
}

/** @param seconds since 1970 */
function timeOf(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
}
