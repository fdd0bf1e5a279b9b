import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Gauges, Instruments } from './instruments.ts';

/** What is measured, and how it is written down for Prometheus; nobody else imports prom-client. */

export interface PrometheusInstruments extends Instruments {
  expose(): Promise<string>;
}

export function createInstruments(gauges: Gauges): PrometheusInstruments {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'signet_http_request_duration_seconds',
    help: 'Duration of HTTP requests.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  // Looking a series up by its labels costs more than observing.
  const seriesByKey = new Map<string, ReturnType<typeof requests.labels>>();
  const tokens = new Counter({
    name: 'signet_tokens_issued_total',
    help: 'Token responses by grant type.',
    labelNames: ['grant_type'],
    registers: [registry],
  });
  const logins = new Counter({
    name: 'signet_logins_total',
    help: 'Password sign-ins by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const locks = new Counter({
    name: 'signet_account_locks_total',
    help: 'Times that wrong passwords locked an account somewhere.',
    registers: [registry],
  });
  const limited = new Counter({
    name: 'signet_requests_limited_total',
    help: 'Requests answered with 429, by limit.',
    labelNames: ['limit'],
    registers: [registry],
  });
  for (const [name, { help, read }] of Object.entries(gauges)) {
    const gauge: Gauge = new Gauge({
      name: `signet_${name}`,
      help,
      registers: [registry],
      collect: () => gauge.set(read()),
    });
  }
  return {
    request: (route, method, status, seconds) => {
      const key = `${route} ${method} ${status}`;
      let series = seriesByKey.get(key);
      if (series === undefined) seriesByKey.set(key, (series = requests.labels({ route, method, status })));
      series.observe(seconds);
    },
    tokenIssued: (grantType) => tokens.inc({ grant_type: grantType }),
    login: (outcome) => logins.inc({ outcome }),
    accountLocked: () => locks.inc(),
    limited: (limit) => limited.inc({ limit }),
    expose: () => registry.metrics(),
  };
}
