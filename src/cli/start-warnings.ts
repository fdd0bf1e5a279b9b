import type { Config } from '../config/config.ts';

/**
 * What a configuration leaves open that an operator should decide. `introspectionClients` came with 0.1.1, before which every client
 * could introspect every token: this warning is for those who upgrade, and can go in the version after.
 */
export function warnAboutSettings(
  log: { warn(details: { apis: readonly string[] }, message: string): void },
  { apis }: Pick<Config, 'apis'>,
): void {
  const unset = apis.filter((api) => api.introspectionClients === undefined).map((api) => api.audience);
  if (unset.length === 0) return;
  log.warn(
    { apis: unset },
    'apis: introspectionClients is not set, so each client may introspect its own tokens alone; list the ids of those that may introspect the others, or write [] if there are none',
  );
}
