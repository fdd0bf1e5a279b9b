import assert from 'node:assert/strict';
import { API, MACHINE, token } from '../support/flow.ts';
import { ALL, AUDIENCES, LEDGER, machine, ORDERS, PLAIN, setScope } from './support/apis.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

/** A request with an unknown parameter (RFC 6749 §3.2) is answered by the engine, not by the fast path. */
const PATHS = { 'the short path': {}, 'the engine': { unknown: 'parameter' } };

describe('D: APIs of client credentials tokens', () => {
  const stage = useStage(ALL);

  for (const [path, extra] of Object.entries(PATHS)) {
    const ask = async (client: { id: string; secret: string }, parameters: Record<string, string> = {}) => {
      const { body } = await token(
        stage.issuer,
        { grant_type: 'client_credentials', ...parameters, ...extra },
        client,
      );
      if (body.error !== undefined) return body.error;
      const [, payload = ''] = body.access_token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      assert.equal(claims.scope, body.scope, 'the answer says what the token has');
      return `${claims.aud as string}: ${body.scope ?? 'no scope'}`;
    };

    row('D21', `the resource of another client, by ${path}`, 'invalid_target', async () => {
      const allowed: Record<string, string> = {
        [MACHINE.id]: API,
        orders: ORDERS,
        ledger: LEDGER,
        listed: PLAIN,
      };
      for (const [id, own] of Object.entries(allowed)) {
        const client = id === MACHINE.id ? MACHINE : machine(id);
        for (const resource of AUDIENCES) {
          const seen = await ask(client, { resource });
          if (resource === own) assert.match(seen, new RegExp(`^${own}: `));
          else assert.equal(seen, 'invalid_target', `${id} ${resource}`);
        }
      }
      return await ask(MACHINE, { resource: ORDERS });
    });

    row('D21', `an API without scopes, by ${path}`, `${PLAIN}: no scope`, async () => {
      assert.equal(await ask(machine('listed'), { resource: PLAIN }), `${PLAIN}: no scope`);
      assert.equal(await ask(machine('listed'), { scope: 'plain', resource: PLAIN }), 'invalid_scope');
      return await ask(machine('listed'));
    });

    row('D21', `an API of which the client has lost all scopes, by ${path}`, 'invalid_target', async () => {
      assert.equal(await ask(machine('both'), { resource: ORDERS }), `${ORDERS}: orders:read`);
      await setScope(stage, 'both', 'messages:read');
      const seen = await ask(machine('both'), { resource: ORDERS });
      await setScope(stage, 'both', 'messages:read orders:read');
      return seen;
    });

    row('D22', `no scope, by ${path}`, 'the default scopes', async () => {
      assert.equal(await ask(machine('orders')), `${ORDERS}: orders:read orders:write`);
      assert.equal(await ask(machine('orders'), { scope: '' }), `${ORDERS}: orders:read orders:write`);
      assert.equal(await ask(machine('orders'), { resource: ORDERS }), `${ORDERS}: orders:read orders:write`);
      assert.equal(await ask(machine('ledger')), `${LEDGER}: ledger:close`, 'defaultScopes');
      assert.equal(await ask(machine('refunds')), 'invalid_scope', 'it has none that is not sensitive');
      assert.equal(await ask(machine('both')), 'invalid_target', 'of two APIs');
      return 'the default scopes';
    });

    row('D22', `a requested scope, by ${path}`, 'as requested', async () => {
      assert.equal(await ask(machine('refunds'), { scope: 'orders:refund' }), `${ORDERS}: orders:refund`);
      assert.equal(await ask(machine('ledger'), { scope: 'ledger:read' }), `${LEDGER}: ledger:read`);
      assert.equal(
        await ask(machine('orders'), { scope: 'orders:write orders:read' }),
        `${ORDERS}: orders:write orders:read`,
      );
      return 'as requested';
    });

    row('D22', `spaces before, after and between scopes, by ${path}`, 'no error, not echoed', async () => {
      for (const scope of [
        ' orders:read orders:write',
        'orders:read orders:write ',
        'orders:read   orders:write',
      ])
        assert.equal(
          await ask(machine('orders'), { scope }),
          `${ORDERS}: orders:read orders:write`,
          `"${scope}"`,
        );
      for (const scope of ['orders:read\torders:write', ' ', '   '])
        assert.equal(await ask(machine('orders'), { scope }), 'invalid_scope', `"${scope}"`);
      return 'no error, not echoed';
    });
  }
});
