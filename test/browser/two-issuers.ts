import { DEMO_ACCOUNT, DEMO_API } from '../../src/config/demo.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { createResourceServer } from '../../src/resource-server/app.ts';
import { visit } from '../proxy/visitor.ts';
import { freePort } from '../support/free-port.ts';
import { API_HOST, type NginxPlan, planNginx, startNginx } from '../support/nginx.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer } from '../support/server.ts';
import { APP, serveApp, serveWithTls } from './behind-nginx.ts';

/**
 * Two issuers with a path on one host, behind one nginx: it passes the path `/auth`, and strips `/sso`. Each has a sample app and a sample
 * API. All of them are in this process.
 */
export interface TwoIssuers {
  readonly passed: Site;
  readonly stripped: Site;
  stop(): Promise<void>;
}

export interface Site {
  issuer: string;
  /** Address of its sample app, without a path. */
  app: string;
}

/** Call `needNginx` before. */
export async function startTwoIssuers(): Promise<TwoIssuers> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const plan = await planNginx();
    undo.push(visit(plan));
    const [portOfAuth, portOfSso] = [await freePort(), await freePort()];
    const nginx = await startNginx(plan, [portOfAuth], {
      path: '/auth',
      locations: stripping(plan, '/sso', portOfSso),
    });
    undo.push(() => nginx.stop());
    const passed = await startSite(plan, '/auth', portOfAuth, 'app.localhost', undo);
    const stripped = await startSite(plan, '/sso', portOfSso, 'shop.localhost', undo);
    return { passed, stripped, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As in docs/deploy.md. */
function stripping({ issuer }: NginxPlan, path: string, port: number): string {
  const signet = `http://127.0.0.1:${port}`;
  const headers = `
    proxy_set_header Connection "";
    proxy_set_header Host ${new URL(issuer).host};
    proxy_set_header X-Forwarded-For $remote_addr;`;
  return `
location ${path}/ {
    proxy_pass ${signet}/;${headers}
    proxy_set_header X-Forwarded-Prefix ${path};
}
location = /.well-known/openid-configuration${path} {
    proxy_pass ${signet};${headers}
}
location = /.well-known/oauth-authorization-server${path} {
    proxy_pass ${signet};${headers}
}
`;
}

/** @param undo gets what stops it */
async function startSite(
  plan: NginxPlan,
  path: string,
  port: number,
  appHost: string,
  undo: (() => Promise<unknown>)[],
): Promise<Site> {
  const issuer = plan.issuer + path;
  const app = `https://${appHost}:${await freePort()}`;
  const api = `https://${API_HOST}:${await freePort()}`;
  const server = await startTestServer(configuration({ issuer, port, app, api }));
  undo.push(() => server.stop());
  const operator = await operate(server);
  await operator.accounts.add(DEMO_ACCOUNT);
  await operator.close();
  undo.push(await serveApp(plan, app, { issuer, api }));
  const handle = createResourceServer({
    issuer,
    audience: api,
    introspection: { clientId: API.client_id, clientSecret: API.client_secret },
  }).callback();
  undo.push(await serveWithTls(plan, api, (request, response) => void handle(request, response)));
  return { issuer, app };
}

const API = { client_id: 'sample-api', client_secret: 'sample-api-secret-of-more-than-32-characters' };

function configuration({
  issuer,
  port,
  app,
  api,
}: Site & { port: number; api: string }): Partial<ConfigInput> {
  return {
    demo: false,
    issuer,
    port,
    trustedProxies: ['127.0.0.1'],
    apis: [{ ...DEMO_API, audience: api, introspectionClients: [API.client_id] }],
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
      { ...API, client_name: 'Sample API', grant_types: [] },
    ],
  };
}
