import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { ISSUER_HOST, type NginxPlan } from '../support/nginx.ts';

/** Clients of nginx for the tests: `fetch` by the issuer's name, and raw requests. */

/** Makes `fetch` resolve every host to this machine and trust nginx's certificate. @returns a function that restores it */
export function visit({ certificate }: NginxPlan): () => Promise<void> {
  const before = getGlobalDispatcher();
  const agent = new Agent({
    connect: {
      ca: certificate,
      lookup: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    },
  });
  setGlobalDispatcher(agent);
  return async () => {
    setGlobalDispatcher(before);
    await agent.destroy();
  };
}

export function dial(plan: NginxPlan, options: ConnectionOptions = {}): TLSSocket {
  const { port, certificate } = plan;
  const socket = connect({ host: '127.0.0.1', port, servername: ISSUER_HOST, ca: certificate, ...options });
  // The reader of the response sees its end.
  socket.on('error', () => undefined);
  return socket;
}

/** Sends raw requests, of which the last needs `Connection: close`. @returns all responses; empty when the connection was closed */
async function send(plan: NginxPlan, requests: string, options: ConnectionOptions = {}): Promise<string> {
  const socket = dial(plan, options);
  socket.write(requests);
  return await text(socket).catch(() => '');
}

/** The text of a request with the required headers and some more; undefined leaves one out. */
function requestText(
  method: string,
  target: string,
  headers: Record<string, string | undefined>,
  body: string,
): string {
  const all = {
    ...(body !== '' && {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(Buffer.byteLength(body)),
    }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return `${[`${method} ${target} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

/** A request with the required headers and some more. */
export async function ask(
  plan: NginxPlan,
  target: string,
  headers: Record<string, string> = {},
  { method = 'GET', body = '', ...options }: ConnectionOptions & { method?: string; body?: string } = {},
): Promise<{ status: number; text: string; body: string }> {
  const all = { Host: new URL(plan.issuer).host, Connection: 'close', ...headers };
  const answer = await send(plan, requestText(method, target, all, body), options);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0),
    text: answer,
    body: answer.slice(answer.indexOf('\r\n\r\n') + 4),
  };
}

/**
 * Sends requests one behind the other on one connection, without waiting for the responses: faster than any limit, also on a slow machine.
 * @returns the statuses
 */
export async function askInARow(
  plan: NginxPlan,
  requests: readonly { target: string; headers?: Record<string, string>; method?: string; body?: string }[],
): Promise<number[]> {
  const { host } = new URL(plan.issuer);
  const texts = requests.map(({ target, headers, method = 'GET', body = '' }, index) => {
    const isLast = index === requests.length - 1;
    const all = { Host: host, Connection: isLast ? 'close' : undefined, ...headers };
    return requestText(method, target, all, body);
  });
  const answers = await send(plan, texts.join(''));
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
