import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** MiB that are held on to. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Ids of clients as they come in requests of 50 kB, which stay in memory for as long as such a part of them is kept. */
export function* idsInLongRequests(count: number): Generator<string> {
  for (let index = 0; index < count; index += 1) {
    const body = Buffer.alloc(50_000, `client_id=made-up-client-${index}&`).toString();
    yield body.slice('client_id='.length, body.indexOf('&'));
  }
}
