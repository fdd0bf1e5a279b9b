import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** MiB on the heap after a garbage collection. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Client ids sliced from requests of 50 kB: V8 keeps the whole request in memory as long as the slice. */
export function* idsInLongRequests(count: number): Generator<string> {
  for (let index = 0; index < count; index += 1) {
    const body = Buffer.alloc(50_000, `client_id=made-up-client-${index}&`).toString();
    yield body.slice('client_id='.length, body.indexOf('&'));
  }
}
