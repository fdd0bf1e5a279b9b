import type { Config } from '../config/config.ts';

/**
 * Warns about unset options that an operator should decide. Before 0.1.1, which added `introspectionClients`, every client could introspect
 * every token. This warning is for upgrades from 0.1.0 and can be removed in the version after 0.1.1.
 */
export function warnAboutSettings(
  log: { warn(details: { apis: readonly string[] }, message: string): void },
  { apis }: Pick<Config, 'apis'>,
): void {
  const unset = apis.filter((api) => api.introspectionClients === undefined).map((api) => api.audience);
  if (unset.length === 0) return;
  log.warn(
    { apis: unset },
    'apis: introspectionClients is not set, so each client may introspect only its own tokens; list the ids of clients that may introspect all of them, or write [] if there are none',
  );
}
