import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { Problem } from '../../src/http/problem.ts';
import { problemResponder } from '../../src/http/problem-responder.ts';
import { requestLog } from '../../src/http/request-log.ts';
import type { Logger } from '../../src/observability/log.ts';
import type { Metrics } from '../../src/observability/metrics.ts';

describe('requestLog', () => {
  it('logs the detail of a problem with its request, and does not send it', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = { info: (fields: Record<string, unknown>) => lines.push(fields) } as unknown as Logger;
    const metrics = { request: () => {} } as unknown as Metrics;
    const app = new Koa();
    app.use(requestLog(log, metrics));
    app.use(
      problemResponder(log, () => {
        throw new Error('not a page');
      }),
    );
    app.use((ctx) => {
      ctx.state.route = 'example';
      throw new Problem(401, 'invalid_token', 'access token is not valid', { detail: 'its time has passed' });
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const body = await response.text();
    server.close();
    assert.equal(body, '{"error":"invalid_token","error_description":"access token is not valid"}');
    assert.equal(lines.length, 1);
    const { ms, traceId, ...line } = lines[0] ?? {};
    assert.equal(typeof ms, 'number');
    assert.equal(traceId, response.headers.get('trace-id'));
    assert.deepEqual(line, { method: 'GET', route: 'example', status: 401, detail: 'its time has passed' });
  });
});
