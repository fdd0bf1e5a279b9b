/** Redirections of a Redis Cluster (its specification, section 4.1 "MOVED redirection"). */

/**
 * Where a command has to go that did nothing where it went.
 * @param asked the node that answered, as `host:port`; an answer without a host means the same one
 * @returns `host:port`; undefined where `error` says something else
 */
export function movedTo(error: unknown, asked: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const target = /^MOVED \d+ (\S*:\d+)$/.exec(error.message)?.[1];
  if (target === undefined) return undefined;
  const [host, port] = splitNode(target);
  return `${host || splitNode(asked)[0]}:${port}`;
}

/** A node's host and port; the host can be an IPv6 address. */
export function splitNode(node: string): [host: string, port: string] {
  const colon = node.lastIndexOf(':');
  return [node.slice(0, colon), node.slice(colon + 1)];
}
