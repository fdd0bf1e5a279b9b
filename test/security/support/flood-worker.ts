import { parentPort, workerData } from 'node:worker_threads';

/** Sends many concurrent requests from a separate thread, so that the test measures the server and not the sender. */

const { url, headers, body, count } = workerData as {
  url: string;
  headers: Record<string, string>;
  body: string;
  count: number;
};
const send = async () => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
    body,
  });
  await response.body?.cancel();
  return response.status;
};
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows; a thread has no origin
parentPort?.postMessage(await Promise.all(Array.from({ length: count }, send)));
