import { writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { parseConfig } from '../../src/config/config.ts';
import { DEMO_ACCOUNT, DEMO_API } from '../../src/config/demo.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { createSampleApp } from '../../src/sample-app/app.ts';
import { openStore } from '../../src/store/open.ts';
import { visit } from '../proxy/visitor.ts';
import { type Nginx, type NginxPlan, planNginx, startNginx } from '../support/nginx.ts';
import { eventually } from '../support/eventually.ts';
import { type RedisNodes, startRedisNodes } from '../support/redis-nodes.ts';
import { freePort } from '../support/free-port.ts';

/** A production deployment: nginx with TLS in front of two nodes on one Redis, and an app on another site. */
export interface Deployment {
  issuer: string;
  /** Address of the sample app, without a path. */
  app: string;
  /** Port of the node that answered the last request whose path starts with this segment. */
  lastAnswer(segment: string): Promise<number>;
  /** Kills a node with SIGKILL. */
  killNode(port: number): Promise<void>;
  stop(): Promise<void>;
}

export const APP = { client_id: 'sample-app', client_secret: 'sample-app-secret-of-more-than-32-characters' };

/** Call `needNginx` and `needRedis` before. */
export async function startDeployment(): Promise<Deployment> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const plan = await planNginx();
    undo.push(visit(plan));
    const app = `https://app.localhost:${await freePort()}`;
    const ports = [await freePort(), await freePort()];
    const running = await startNodes(plan, ports, app);
    undo.push(() => running.stop());
    await addAlice(running.store);
    const nginx = await startNginx(plan, ports);
    undo.push(() => nginx.stop());
    undo.push(await serveApp(plan, app, { issuer: plan.issuer, api: DEMO_API.audience }));
    return {
      issuer: plan.issuer,
      app,
      lastAnswer: (segment) => lastAnswer(nginx, segment),
      async killNode(port) {
        await running.nodes[ports.indexOf(port)]?.end('SIGKILL');
        // Its worker ends shortly after the primary and loses the requests that it accepts until then.
        await eventually('connections are refused', () => isRefused(port));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

function startNodes({ issuer }: NginxPlan, ports: readonly number[], app: string): Promise<RedisNodes> {
  const config: Partial<ConfigInput> = {
    trustedProxies: ['127.0.0.1'],
    apis: [DEMO_API],
    clients: [
      {
        ...APP,
        client_name: 'Sample App',
        redirect_uris: [`${app}/callback`],
        post_logout_redirect_uris: [`${app}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: 'openid profile email offline_access messages:read messages:write',
      },
    ],
  };
  const configure = (directory: string): void => writeFileSync(join(directory, 'signet.yaml'), dump(config));
  return startRedisNodes({ issuer, ports, workers: 1, configure });
}

async function addAlice(address: string): Promise<void> {
  const store = await openStore(address, { clock: Date.now });
  const { passwords } = parseConfig({});
  const accounts = createAccounts({
    store,
    passwords: createPasswords(passwords),
    audit: { record: () => {} },
    clock: Date.now,
    revocationLifetime: 60,
  });
  await accounts.add(DEMO_ACCOUNT);
  await store.close();
}

/** The sample app at an address. @returns what stops it */
export async function serveApp(
  plan: NginxPlan,
  url: string,
  { issuer, api }: { issuer: string; api: string },
): Promise<() => Promise<void>> {
  const app = createSampleApp({
    issuer,
    clientId: APP.client_id,
    clientSecret: APP.client_secret,
    url: new URL(url),
    api,
  });
  const handle = app.callback();
  return await serveWithTls(plan, url, (request, response) => void handle(request, response));
}

/** Serves over TLS, with the certificate that nginx has. @returns what stops it */
export async function serveWithTls(
  { certificate, key }: NginxPlan,
  url: string,
  handle: RequestListener,
): Promise<() => Promise<void>> {
  const server = createServer({ cert: certificate, key }, handle);
  server.listen(Number(new URL(url).port), '127.0.0.1');
  await once(server, 'listening');
  return async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
}

/**
 * By nginx's access log, which is written when the answer has gone: `127.0.0.1 [time] GET /segment 200 size seconds nodes statuses …`.
 * Of several nodes, the last one answered.
 */
async function lastAnswer(nginx: Nginx, segment: string): Promise<number> {
  const line = new RegExp(`^\\S+ \\[.*?\\] [A-Z]+ ${segment} .*127\\.0\\.0\\.1:(\\d+) \\d{3}\\b`, 'gm');
  let port: string | undefined;
  await eventually(`nginx has logged ${segment}`, async () => {
    port = Array.from(nginx.log().matchAll(line)).at(-1)?.[1];
    return port !== undefined;
  });
  return Number(port);
}
