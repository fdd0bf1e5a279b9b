import type { Gauges, Instruments } from './instruments.ts';

/**
 * What `/metrics` shows.
 *
 * This folder owns the log (`log.ts`), the metrics, the management port (`management.ts`) and trace ids (`trace-id.ts`). It does not own
 * what is logged or counted: `http/request-log.ts` and `oidc/events.ts` write to it, `workers/` merges the metrics of several processes.
 */
export interface Metrics extends Instruments {
  /** In the format that `contentType` names. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/** Prometheus text format: https://prometheus.io/docs/instrumenting/exposition_formats */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** After the start, when the first requests are usually answered. */
const LOAD_DELAY_MS = 250;

/**
 * Loads prom-client, which would take a twentieth of the start, shortly after it or at the first scrape. Measurements until then are
 * buffered.
 * @param worker number of this process where several serve: a label of every sample
 */
export function createMetrics(gauges: Gauges = {}, worker?: number): Metrics {
  const early: ((instruments: Instruments) => void)[] = [];
  let current: Instruments = {
    request: (...of) => void early.push((instruments) => instruments.request(...of)),
    tokenIssued: (...of) => void early.push((instruments) => instruments.tokenIssued(...of)),
    login: (...of) => void early.push((instruments) => instruments.login(...of)),
    factor: (...of) => void early.push((instruments) => instruments.factor(...of)),
    accountLocked: () => void early.push((instruments) => instruments.accountLocked()),
    registration: (...of) => void early.push((instruments) => instruments.registration(...of)),
    limited: (...of) => void early.push((instruments) => instruments.limited(...of)),
    job: (...of) => void early.push((instruments) => instruments.job(...of)),
    outboundRequest: (...of) => void early.push((instruments) => instruments.outboundRequest(...of)),
  };
  const load = async () => {
    const { createInstruments } = await import('./prometheus.ts');
    const instruments = createInstruments(gauges, worker);
    current = instruments;
    for (const record of early.splice(0)) record(instruments);
    return instruments;
  };
  let loading: ReturnType<typeof load> | undefined;
  const loaded = () => (loading ??= load());
  setTimeout(() => void loaded(), LOAD_DELAY_MS).unref();
  return {
    request: (...of) => current.request(...of),
    tokenIssued: (...of) => current.tokenIssued(...of),
    login: (...of) => current.login(...of),
    factor: (...of) => current.factor(...of),
    accountLocked: () => current.accountLocked(),
    registration: (...of) => current.registration(...of),
    limited: (...of) => current.limited(...of),
    job: (...of) => current.job(...of),
    outboundRequest: (...of) => current.outboundRequest(...of),
    expose: async () => (await loaded()).expose(),
    contentType: METRICS_CONTENT_TYPE,
  };
}
