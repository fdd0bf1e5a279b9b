import { statSync } from 'node:fs';
import { clientWarnings } from '../clients/warnings.ts';
import type { Config } from '../config/config.ts';
import { mailWarnings } from './mail-warnings.ts';

/** Where the warnings go: the log of a server, or standard error. */
export interface WarningLog {
  warn(details: { apis?: readonly string[]; client?: string }, message: string): void;
}

const CONFORMANCE_WARNING =
  'profile: conformance: THIS SERVER IS FOR TESTS ONLY. Every client may omit PKCE, anyone may register clients, outbound requests may reach private networks, and a rotated key signs at once. Remove the key before people sign in';

const PRIVATE_NETWORKS =
  'outbound.privateNetworks is on: everyone who may register a client can send requests into the private networks of this server; leave it off, unless clients of yours have addresses there';

const IMPLICIT =
  'registration.implicit is on: clients that register themselves may get tokens through the browser, which is no longer recommended (RFC 9700 §2.1.2)';

/** Warns about settings that an operator should decide. */
export function warnAboutSettings(
  log: WarningLog,
  {
    apis,
    clients,
    mail,
    mode,
    outbound,
    profile,
    registration,
  }: Pick<Config, 'apis' | 'clients' | 'mail' | 'mode' | 'outbound' | 'profile' | 'registration'>,
): void {
  if (profile !== undefined) log.warn({}, CONFORMANCE_WARNING);
  warnAboutIntrospection(log, apis);
  if (outbound.privateNetworks) log.warn({}, PRIVATE_NETWORKS);
  if (registration.implicit && registration.mode !== 'off') log.warn({}, IMPLICIT);
  for (const warning of mailWarnings({ mail, mode })) log.warn({}, warning);
  // The metadata of an entry that releases its client is not used, and not validated.
  for (const client of clients.filter(({ release }) => release !== true)) {
    const warnings = [
      ...clientWarnings(client),
      ...secretFileWarnings(client),
      ...(mode === 'production' ? unshownAddressWarnings(client) : []),
    ];
    for (const warning of warnings) {
      log.warn({ client: client.client_id }, `clients.${client.client_id}.${warning}`);
    }
  }
}

/** Before 0.1.1, which added `introspectionClients`, every client could introspect every token. The warning is for updates from 0.1.0. */
function warnAboutIntrospection(log: WarningLog, apis: Config['apis']): void {
  const unset = apis.filter((api) => api.introspectionClients === undefined).map((api) => api.audience);
  if (unset.length === 0) return;
  log.warn(
    { apis: unset },
    'apis: introspectionClients is not set, so each client may introspect only its own tokens; list the ids of clients that may introspect all of them, or write [] if there are none',
  );
}

/** Of what the pages show over https only. */
function unshownAddressWarnings(client: Config['clients'][number]): string[] {
  return ['logo_uri', 'policy_uri', 'tos_uri'].flatMap((name) => {
    const address = client[name];
    return typeof address === 'string' && /^http:/i.test(address)
      ? [`${name}: is not https, so that pages do not show it`]
      : [];
  });
}

/** A file in /dev or /proc is a pipe of a shell. */
function secretFileWarnings({ client_secret_file: path }: Config['clients'][number]): string[] {
  const mode = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })?.mode;
  return mode === undefined || (mode & 0o004) === 0 || /^\/(?:dev|proc)\//.test(path ?? '')
    ? []
    : [`client_secret_file: every user of this machine can read ${path}; chmod 0640 it`];
}
