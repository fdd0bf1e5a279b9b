/** Why a request has no result: a label of the metrics, and the detail in the log. */
export type OutboundFailure =
  /** The URL is not one that is requested: not https, with a user name, too long. */
  | 'url'
  /** The host has an address that is not connected to. */
  | 'address'
  /** The host has no address. */
  | 'host'
  /** No connection, or it ended; also TLS. */
  | 'connection'
  | 'timeout'
  | 'redirect'
  /** Another status than 200. */
  | 'status'
  /** The body is compressed. */
  | 'encoding'
  /** The body is longer than 64 KiB. */
  | 'size'
  /** Too many requests wait already. */
  | 'busy';

/**
 * The message is the same for every failure, and may be shown to a client: what differs would tell it which ports of which hosts are open
 * from here. The log has `failure` and `detail`.
 */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly failure: OutboundFailure;
  /** For the log. */
  readonly detail: string;

  constructor(failure: OutboundFailure, detail: string) {
    super('the document could not be fetched');
    this.failure = failure;
    this.detail = detail;
  }
}
