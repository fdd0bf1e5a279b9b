import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { basic, MACHINE } from './flow.ts';

/** Clients that send token requests until they are stopped, each on its own connection. */
export interface Load {
  readonly answered: number;
  /** One text for each request without a token. */
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

export interface LoadOptions {
  /** How many send at the same time, each its next request when the last was answered. */
  clients: number;
  /** Whether a client keeps its connection for its next request. */
  keepAlive: boolean;
  /** Milliseconds between two requests of a client, at most. */
  pause?: number;
  /** Port for the next request, where that is not always the issuer's. */
  port?: () => number;
}

const FORM = new URLSearchParams({ grant_type: 'client_credentials', scope: 'messages:read' }).toString();

export function startLoad(issuer: string, options: LoadOptions): Load {
  const { host, port: issuerPort } = new URL(issuer);
  const { clients, keepAlive, pause = 0, port = () => Number(issuerPort) } = options;
  const failures: string[] = [];
  let answered = 0;
  let running = true;

  const send = async (agent: Agent): Promise<void> => {
    const started = performance.now();
    try {
      const { statusCode, body } = await agent.request({
        origin: `http://127.0.0.1:${port()}`,
        path: '/token',
        method: 'POST',
        headers: {
          host,
          authorization: basic(MACHINE),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: FORM,
      });
      const text = await body.text();
      if (statusCode !== 200 || !text.includes('"access_token"')) throw new Error(`${statusCode} ${text}`);
      answered += 1;
    } catch (error) {
      failures.push(`${(error as Error).message} after ${Math.round(performance.now() - started)} ms`);
    }
  };
  const sending = Array.from({ length: clients }, async () => {
    const agent = new Agent({ connections: 1, pipelining: keepAlive ? 1 : 0 });
    while (running) {
      await send(agent);
      // A refused connection fails at once.
      const wait = failures.length > 0 ? Math.max(pause, 5) : pause;
      if (wait > 0) await sleep(Math.random() * wait);
    }
    await agent.close();
  });
  return {
    get answered() {
      return answered;
    },
    failures,
    async stop() {
      running = false;
      await Promise.all(sending);
    },
  };
}
