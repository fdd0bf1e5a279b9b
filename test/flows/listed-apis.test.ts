import assert from 'node:assert/strict';
import { startTestServer, type TestServer } from '../support/server.ts';

const STANDARD = ['address', 'email', 'groups', 'offline_access', 'openid', 'phone', 'profile'];

describe('discovery of APIs', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      apis: [
        {
          audience: 'https://orders.example',
          name: 'Orders',
          scopes: {
            'orders:read': 'See your orders',
            'orders:refund': { description: 'Refund your orders', sensitive: true },
          },
          listed: true,
        },
        {
          audience: 'https://plain.example/api',
          name: 'Plain',
          scopes: {},
          clients: ['demo-web'],
          listed: true,
        },
        {
          audience: 'https://ledger.example',
          name: 'Ledger',
          scopes: { 'ledger:read': 'See your bookings' },
        },
      ],
    });
  });
  after(() => server.stop());

  const metadata = async (issuer: string, path: string) =>
    (await (await fetch(issuer + path)).json()) as Record<string, string[] | undefined>;

  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])
    it(`${path} has the scopes of OpenID Connect and the APIs with listed: true`, async () => {
      const { scopes_supported: scopes, protected_resources: resources } = await metadata(
        server.issuer,
        path,
      );
      assert.deepEqual(scopes?.toSorted(), [...STANDARD, 'orders:read', 'orders:refund'].toSorted());
      assert.deepEqual(resources, ['https://orders.example', 'https://plain.example/api']);
    });
});
