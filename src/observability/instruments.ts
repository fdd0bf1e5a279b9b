/** The counters and timers that the server writes to, independent of the metrics library. */
export interface Instruments {
  /** One finished request; `seconds` is its duration. */
  request(route: string, method: string, status: number, seconds: number): void;
  tokenIssued(grantType: string): void;
  /** One method of a sign-in. */
  login(method: string, outcome: 'succeeded' | 'failed' | 'limited' | 'busy'): void;
  /** A person has added or removed a second factor or passkey, or has lost all of them. @param method as of `login` */
  factor(method: string, change: 'added' | 'replaced' | 'removed'): void;
  /** Wrong passwords locked an account for a network or a device. */
  accountLocked(): void;
  /** A client has asked to be registered (RFC 7591). */
  registration(outcome: 'registered' | 'refused'): void;
  /** A request was answered with 429, or a mail was not sent (`mails`). @param limit name of the limit */
  limited(limit: string): void;
  /** One attempt of a job of the outbox. */
  job(kind: string, outcome: 'sent' | 'dropped' | 'retried' | 'failed'): void;
  /** A request to an address of a client. @param outcome `succeeded`, or why it failed (`outbound/errors.ts`) */
  outboundRequest(purpose: string, outcome: string): void;
}

/** Values read when the metrics are scraped, by metric name without prefix. A name that ends in `_total` is a counter. */
export type Gauges = Readonly<Record<string, Single | Labelled>>;

interface Single {
  help: string;
  label?: undefined;
  read: () => number;
}

/** One value for each value of a label; 0 for those that are not read any more. */
interface Labelled {
  help: string;
  label: string;
  read: () => Readonly<Record<string, number>>;
}
