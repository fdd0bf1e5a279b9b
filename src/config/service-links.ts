import { isIP } from 'node:net';

/**
 * Service links: variables that a container platform derives from the name of a service, and that are not configuration. Unless
 * `enableServiceLinks` is false, kubelet sets `{NAME}_SERVICE_HOST` and similar variables in every pod for each Service of the namespace: for a
 * Service called `signet`, `SIGNET_PORT=tcp://10.96.14.7:80`. Docker links set the same with `_PORT`, and `{NAME}_NAME` and `{NAME}_ENV_…`.
 */

type Environment = Readonly<Record<string, string | undefined>>;

const isAddress = (value: string): boolean => isIP(value) !== 0;
const isPort = (value: string): boolean => /^\d{1,5}$/.test(value);
const isProtocol = (value: string): boolean => /^(?:tcp|udp|sctp)$/.test(value);
const isLinkUrl = (value: string): boolean =>
  isAddress(/^(?:tcp|udp|sctp):\/\/\[?([^[\]]+)\]?:\d{1,5}$/.exec(value)?.[1] ?? '');
/** The name of the linked container and its alias: `/web/signet`. */
const isLinkName = (value: string): boolean => /^\/[^/]+\/[^/]+$/.test(value);

const SHAPES: readonly { name: RegExp; value: (value: string) => boolean }[] = [
  { name: /_SERVICE_HOST$/, value: isAddress },
  { name: /_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, value: isPort },
  { name: /_PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/, value: isLinkUrl },
  { name: /_PORT_\d+_(?:TCP|UDP|SCTP)_PROTO$/, value: isProtocol },
  { name: /_PORT_\d+_(?:TCP|UDP|SCTP)_PORT$/, value: isPort },
  { name: /_PORT_\d+_(?:TCP|UDP|SCTP)_ADDR$/, value: isAddress },
  { name: /_NAME$/, value: isLinkName },
];

/** Whether name and value are those of a service link. The name alone can be a misspelt variable. */
export function isServiceLink(name: string, env: Environment): boolean {
  const value = env[name] ?? '';
  if (SHAPES.some((shape) => shape.name.test(name) && shape.value(value))) return true;
  // The environment of the linked container: any name and value.
  const [, alias] = /^(.+?)_ENV_/.exec(name) ?? [];
  return alias !== undefined && isLinkName(env[`${alias}_NAME`] ?? '');
}
