import type { Gauges, Instruments } from './instruments.ts';

/** What `/metrics` shows, behind names of our own. */
export interface Metrics extends Instruments {
  /** In the format that `contentType` names. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/** Prometheus text format. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Milliseconds after the start, when the first requests have their answers. */
const LOAD_DELAY = 250;

/**
 * Loading prom-client takes a tenth of the start. It comes a moment later, or when somebody reads the metrics; what was measured until
 * then is remembered.
 */
export function createMetrics(gauges: Gauges = {}): Metrics {
  const early: ((instruments: Instruments) => void)[] = [];
  let current: Instruments = {
    request: (...of) => void early.push((instruments) => instruments.request(...of)),
    tokenIssued: (...of) => void early.push((instruments) => instruments.tokenIssued(...of)),
    login: (...of) => void early.push((instruments) => instruments.login(...of)),
    accountLocked: () => void early.push((instruments) => instruments.accountLocked()),
    limited: (...of) => void early.push((instruments) => instruments.limited(...of)),
  };
  const load = async () => {
    const { createInstruments } = await import('./prometheus.ts');
    const instruments = createInstruments(gauges);
    current = instruments;
    for (const measured of early.splice(0)) measured(instruments);
    return instruments;
  };
  let loading: ReturnType<typeof load> | undefined;
  const loaded = () => (loading ??= load());
  setTimeout(() => void loaded(), LOAD_DELAY).unref();
  return {
    request: (...of) => current.request(...of),
    tokenIssued: (...of) => current.tokenIssued(...of),
    login: (...of) => current.login(...of),
    accountLocked: () => current.accountLocked(),
    limited: (...of) => current.limited(...of),
    expose: async () => (await loaded()).expose(),
    contentType: CONTENT_TYPE,
  };
}
