import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { createMetrics } from '../../src/observability/metrics.ts';
import { poolMetrics } from '../../src/workers/worker-metrics.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const read = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8');

interface Rules {
  groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
}

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}

const alerts = (load(read('prometheus/signet.rules.yml')) as Rules).groups.flatMap(({ rules }) => rules);
const { panels } = JSON.parse(read('grafana/signet.json')) as Dashboard;
const queries = [...alerts, ...panels.flatMap(({ targets }) => targets)].map(({ expr }) => expr);

/** The names of metrics in a query; a histogram's series are part of the histogram. */
function metricNames(query: string): string[] {
  const names = query.match(/\b(?:signet|process|nodejs)_\w+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|count|sum)$/, ''));
}

describe('Files for Prometheus and Grafana', () => {
  let server: TestServer;
  let exposed: Set<string>;

  before(async () => {
    server = await startTestServer();
    const response = await fetch(`http://127.0.0.1:${server.running.managementPort}/metrics`);
    const text = (await response.text()) + poolMetrics(1, 1, 1);
    exposed = new Set(Array.from(text.matchAll(/^# TYPE (\w+) /gm), ([, name]) => name as string));
  });
  after(() => server.stop());

  it('query metrics that Signet exposes', () => {
    const unknown = new Set(queries.flatMap(metricNames).filter((name) => !exposed.has(name)));
    assert.deepEqual([...unknown], []);
  });

  it('query outcomes of sign-ins that Signet counts', async () => {
    const outcomes = ['succeeded', 'failed', 'limited', 'busy'] as const;
    const metrics = createMetrics();
    for (const outcome of outcomes) metrics.login('password', outcome);
    const counted = new Set(
      Array.from(
        (await metrics.expose()).matchAll(/^signet_logins_total\{method="password",outcome="(\w+)"\} 1$/gm),
        ([, outcome]) => outcome,
      ),
    );
    const queried = queries.flatMap((query) =>
      Array.from(query.matchAll(/outcome=~?"([^"]*)"/g), ([, values]) => String(values).split('|')).flat(),
    );
    assert.deepEqual(
      queried.filter((outcome) => !counted.has(outcome)),
      [],
    );
  });

  it('have an alert for each problem once', () => {
    const names = alerts.map(({ alert }) => alert);
    assert.deepEqual(names, [...new Set(names)]);
    assert.ok(names.length > 0);
    assert.ok(panels.every(({ targets }) => targets.length > 0));
  });
});
