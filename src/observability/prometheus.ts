import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Gauges, Instruments } from './instruments.ts';

/** The instruments as Prometheus metrics. The only importer of prom-client. */

export interface PrometheusInstruments extends Instruments {
  expose(): Promise<string>;
}

/** Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** @param worker a label of every sample */
export function createInstruments(gauges: Gauges, worker: number | undefined): PrometheusInstruments {
  const registry = new Registry();
  if (worker !== undefined) registry.setDefaultLabels({ worker });
  collectDefaultMetrics({ register: registry });
  registerGauges(registry, gauges);
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `signet_${name}`, help, labelNames, registers: [registry] });
  const tokens = counter('tokens_issued_total', 'Token responses by grant type.', ['grant_type']);
  const logins = counter('logins_total', 'Methods of sign-ins, by method and outcome.', [
    'method',
    'outcome',
  ]);
  const factors = counter(
    'factors_total',
    'Second factors and passkeys that people have added, replaced or removed, by method.',
    ['method', 'change'],
  );
  const locks = counter(
    'account_locks_total',
    'Times that wrong passwords locked an account for a network or a device.',
    [],
  );
  const registrations = counter('registrations_total', 'Requests of clients to be registered, by outcome.', [
    'outcome',
  ]);
  const limited = counter('requests_limited_total', 'Requests answered with 429, by limit.', ['limit']);
  const outbound = counter(
    'outbound_requests_total',
    'Requests to addresses of clients, by purpose and outcome.',
    ['purpose', 'outcome'],
  );
  const jobs = counter('jobs_total', 'Attempts of jobs of the outbox, by kind and outcome.', [
    'kind',
    'outcome',
  ]);
  return {
    request: requestHistogram(registry),
    tokenIssued: (grantType) => tokens.inc({ grant_type: grantType }),
    login: (method, outcome) => logins.inc({ method, outcome }),
    factor: (method, change) => factors.inc({ method, change }),
    accountLocked: () => locks.inc(),
    registration: (outcome) => registrations.inc({ outcome }),
    limited: (limit) => limited.inc({ limit }),
    job: (kind, outcome) => jobs.inc({ kind, outcome }),
    outboundRequest: (purpose, outcome) => outbound.inc({ purpose, outcome }),
    expose: () => registry.metrics(),
  };
}

function requestHistogram(registry: Registry): Instruments['request'] {
  const requests = new Histogram({
    name: 'signet_http_request_duration_seconds',
    help: 'Duration of HTTP requests.',
    labelNames: ['route', 'method', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  // A look-up of a series by its labels costs more than an observation.
  const seriesByKey = new Map<string, ReturnType<typeof requests.labels>>();
  return (route, method, status, seconds) => {
    const key = `${route} ${method} ${status}`;
    let series = seriesByKey.get(key);
    if (series === undefined) seriesByKey.set(key, (series = requests.labels({ route, method, status })));
    series.observe(seconds);
  };
}

function registerGauges(registry: Registry, gauges: Gauges): void {
  for (const [name, gauge] of Object.entries(gauges)) {
    const settings = { name: `signet_${name}`, help: gauge.help, registers: [registry] };
    if (gauge.label !== undefined) registerLabelled(settings, gauge);
    else if (name.endsWith('_total')) {
      const counter: Counter = new Counter({
        ...settings,
        collect: () => {
          counter.reset();
          counter.inc(gauge.read());
        },
      });
    } else {
      const metric: Gauge = new Gauge({ ...settings, collect: () => metric.set(gauge.read()) });
    }
  }
}

function registerLabelled(
  settings: { name: string; help: string; registers: Registry[] },
  { label, read }: Extract<Gauges[string], { label: string }>,
): void {
  const known = new Set<string>();
  const metric: Gauge = new Gauge({
    ...settings,
    labelNames: [label],
    collect: () => {
      const values = read();
      for (const value of Object.keys(values)) known.add(value);
      for (const value of known) metric.set({ [label]: value }, values[value] ?? 0);
    },
  });
}
