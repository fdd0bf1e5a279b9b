/** Redirections of a Redis Cluster (Redis cluster specification, "MOVED Redirection"). */

/**
 * The node to which a command must be sent instead; the node that redirected it has not run it.
 * @param asked the node that answered, as `host:port`; a redirection without a host means the same host
 * @returns `host:port`; undefined when `error` is not a redirection
 */
export function redirectTarget(error: unknown, asked: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const target = /^MOVED \d+ (\S*:\d+)$/.exec(error.message)?.[1];
  if (target === undefined) return undefined;
  const [host, port] = splitNode(target);
  return `${host || splitNode(asked)[0]}:${port}`;
}

/** Splits `host:port`; the host can be an IPv6 address. */
export function splitNode(node: string): [host: string, port: string] {
  const colon = node.lastIndexOf(':');
  return [node.slice(0, colon), node.slice(colon + 1)];
}
