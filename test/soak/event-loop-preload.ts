import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * For `node --import` in the server under test: the delay of its event loop over the whole run, which `/metrics` tells for the time
 * since the last look only. Written every second to the file that `EVENT_LOOP_FILE` names, in milliseconds.
 */

/** Like prom-client; the resolution is part of what is measured. */
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
setTimeout(() => delay.reset(), Number(process.env.EVENT_LOOP_WARM_UP)).unref();

setInterval(() => {
  const [p50, p99, highest] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ns / 1e6);
  writeFileSync(process.env.EVENT_LOOP_FILE ?? '', JSON.stringify({ p50, p99, highest }));
}, 1000).unref();
