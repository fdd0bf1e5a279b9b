/** What is counted and timed, whoever keeps the numbers. */
export interface Instruments {
  /** One finished request; `seconds` is its duration. */
  request(route: string, method: string, status: number, seconds: number): void;
  tokenIssued(grantType: string): void;
  login(outcome: 'succeeded' | 'failed' | 'limited' | 'busy'): void;
  /** An account was locked somewhere. */
  accountLocked(): void;
  /** A request was answered with 429. @param limit whose */
  limited(limit: string): void;
}

/** Values read when the metrics are scraped, by metric name without prefix. */
export type Gauges = Readonly<Record<string, { help: string; read: () => number }>>;
