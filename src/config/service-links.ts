import { isIP } from 'node:net';

/**
 * Variables that a platform makes by itself from the name of a service, and that are therefore no configuration. For each Service of a
 * namespace, kubelet sets `{NAME}_SERVICE_HOST` and its relatives in every pod unless `enableServiceLinks` is false, so that a Service
 * called `signet` gives `SIGNET_PORT=tcp://10.96.14.7:80`. Docker's links set the same with `_PORT`, and `{NAME}_NAME` and `{NAME}_ENV_…`.
 */

type Environment = Readonly<Record<string, string | undefined>>;

const isAddress = (value: string): boolean => isIP(value) !== 0;
const isPort = (value: string): boolean => /^\d{1,5}$/.test(value);
const isProtocol = (value: string): boolean => /^(?:tcp|udp|sctp)$/.test(value);
const isLinkUrl = (value: string): boolean =>
  isAddress(/^(?:tcp|udp|sctp):\/\/\[?([^[\]]+)\]?:\d{1,5}$/.exec(value)?.[1] ?? '');
/** The linked container as its user calls it: `/web/signet`. */
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

/** Whether name and value have the shape of a service link; a name alone may be a typing error. */
export function isServiceLink(name: string, env: Environment): boolean {
  const value = env[name] ?? '';
  if (SHAPES.some((shape) => shape.name.test(name) && shape.value(value))) return true;
  // What the linked container has in its environment may be anything.
  const [, alias] = /^(.+?)_ENV_/.exec(name) ?? [];
  return alias !== undefined && isLinkName(env[`${alias}_NAME`] ?? '');
}
