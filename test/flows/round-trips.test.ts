import assert from 'node:assert/strict';
import type { StoreCounts } from '../../src/store/store.ts';
import { SqliteAudit } from '../../src/store/sqlite/audit.ts';
import {
  API,
  type AuthorizationRequest,
  authorizationRequest,
  basic,
  MACHINE,
  redeem,
  signIn,
  token,
  WEB,
} from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { countOperations } from '../support/store-counts.ts';
import type { UserAgent } from '../support/user-agent.ts';

const MAIL_APP = {
  client_id: 'mail-app',
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'] as const,
  first_party: true,
  scope: 'openid mail',
};

/** The sweeper and other work in the background count, too; not in every run. */
const RUNS = 3;

describe('Round trips to the store', () => {
  let server: TestServer;
  let agent: UserAgent;
  const append: unknown = Reflect.get(SqliteAudit.prototype, 'append');
  before(async () => {
    // Written in batches, in the background.
    SqliteAudit.prototype.append = () => Promise.resolve();
    server = await startTestServer({
      apis: [
        {
          audience: 'https://mail.example',
          name: 'Mail',
          scopes: { mail: 'Read your mail' },
          accessTokenClaims: ['email'],
        },
      ],
      clients: [{ ...MAIL_APP, client_secret: WEB.secret }],
    });
    ({ agent } = await signIn(server.issuer));
  });
  after(async () => {
    Object.assign(SqliteAudit.prototype, { append });
    await server.stop();
  });

  /** @param prepare runs before each operation, and is not counted */
  async function costOf<Prepared>(
    prepare: () => Promise<Prepared>,
    operation: (prepared: Prepared) => Promise<void>,
  ): Promise<Omit<StoreCounts, 'roundTrips'>> {
    const { managementPort } = server.running;
    assert.ok(managementPort);
    let prepared: Prepared;
    const { each } = await countOperations(
      managementPort,
      RUNS,
      () => operation(prepared),
      async () => void (prepared = await prepare()),
    );
    const { roundTrips, ...cost } = each;
    assert.equal(roundTrips, 0);
    return cost;
  }

  const nothing = async (): Promise<void> => {};

  const codeFlow = async (): Promise<void> => await redeemed(authorizationRequest(server.issuer));
  const mailFlow = async (): Promise<void> =>
    await redeemed(
      authorizationRequest(server.issuer, { client_id: MAIL_APP.client_id, scope: MAIL_APP.scope }),
      { ...WEB, id: MAIL_APP.client_id },
    );
  const redeemed = async (request: AuthorizationRequest, client = WEB): Promise<void> => {
    const location = (await agent.get(request.url)).headers.get('location') ?? '';
    const { response } = await redeem(
      server.issuer,
      new URL(location).searchParams.get('code') ?? '',
      request,
      client,
    );
    assert.equal(response.status, 200);
  };

  it('of the code flow with an existing session', async () => {
    // The client is cached for a second.
    const cost = await costOf(codeFlow, codeFlow);
    assert.deepEqual(cost, { reads: 7, transactions: 2, durableWaits: 1 });
  });

  it('of the code flow for an API whose tokens have claims', async () => {
    const cost = await costOf(mailFlow, mailFlow);
    // The access token is not stored.
    assert.deepEqual(cost, { reads: 7, transactions: 2, durableWaits: 1 });
  });

  it('of a refresh', async () => {
    const cost = await costOf(
      async () => (await signIn(server.issuer, { agent })).tokens.refresh_token as string,
      async (refreshToken) => {
        const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
        assert.equal((await token(server.issuer, form)).response.status, 200);
      },
    );
    assert.deepEqual(cost, { reads: 4, transactions: 1, durableWaits: 1 });
  });

  it('of a refresh with the scope of the authorization request again', async () => {
    const scope = 'openid offline_access';
    const cost = await costOf(
      async () =>
        (await signIn(server.issuer, { agent, parameters: { scope } })).tokens.refresh_token as string,
      async (refreshToken) => {
        const form = { grant_type: 'refresh_token', refresh_token: refreshToken, scope };
        assert.equal((await token(server.issuer, form)).response.status, 200);
      },
    );
    assert.deepEqual(cost, { reads: 4, transactions: 1, durableWaits: 1 });
  });

  it('of the introspection of an opaque token, and of a JWT', async () => {
    for (const parameters of [
      {},
      { scope: 'openid messages:read' },
      { scope: 'openid messages:read', resource: API },
    ]) {
      const cost = await costOf(
        async () => (await signIn(server.issuer, { agent, parameters })).tokens.access_token,
        async (value) => {
          const response = await fetch(`${server.issuer}/introspect`, {
            method: 'POST',
            headers: { Authorization: basic(WEB) },
            body: new URLSearchParams({ token: value }),
          });
          assert.equal(((await response.json()) as { active: boolean }).active, true);
        },
      );
      assert.deepEqual(cost, { reads: 4, transactions: 0, durableWaits: 0 }, JSON.stringify(parameters));
    }
  });

  it('of userinfo with an opaque token, and with the JWT of an API', async () => {
    for (const scope of ['openid email', 'openid email messages:read']) {
      const cost = await costOf(
        async () => (await signIn(server.issuer, { agent, parameters: { scope } })).tokens.access_token,
        async (value) => {
          const headers = { Authorization: `Bearer ${value}` };
          assert.equal((await fetch(`${server.issuer}/userinfo`, { headers })).status, 200);
        },
      );
      assert.deepEqual(cost, { reads: 4, transactions: 0, durableWaits: 0 }, scope);
    }
  });

  it('of the code flow and of a refresh, for an API and userinfo', async () => {
    const scope = 'openid email messages:read';
    const flow = async () => (await signIn(server.issuer, { agent, parameters: { scope } })).tokens;
    assert.deepEqual(await costOf(flow, async () => void (await flow())), {
      reads: 7,
      transactions: 2,
      durableWaits: 1,
    });
    const cost = await costOf(flow, async ({ refresh_token: refreshToken }) => {
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken as string };
      assert.equal((await token(server.issuer, form)).response.status, 200);
    });
    assert.deepEqual(cost, { reads: 4, transactions: 1, durableWaits: 1 });
  });

  it("of the introspection of a person's JWT by its API", async () => {
    const cost = await costOf(
      async () =>
        (await signIn(server.issuer, { agent, parameters: { scope: 'openid messages:read' } })).tokens
          .access_token,
      async (value) => {
        const response = await fetch(`${server.issuer}/introspect`, {
          method: 'POST',
          headers: { Authorization: basic({ id: 'demo-api', secret: 'demo-api-secret' }) },
          body: new URLSearchParams({ token: value }),
        });
        assert.equal(((await response.json()) as { username: string }).username, 'alice');
      },
    );
    assert.deepEqual(cost, { reads: 4, transactions: 0, durableWaits: 0 });
  });

  it('of client credentials', async () => {
    const form = { grant_type: 'client_credentials', scope: 'messages:read' };
    const request = async (): Promise<void> => {
      assert.equal((await token(server.issuer, form, MACHINE)).response.status, 200);
    };
    assert.deepEqual(await costOf(request, request), { reads: 0, transactions: 0, durableWaits: 0 });
  });

  it('of nothing', async () => {
    assert.deepEqual(await costOf(nothing, nothing), { reads: 0, transactions: 0, durableWaits: 0 });
  });
});
