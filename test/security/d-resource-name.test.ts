import assert from 'node:assert/strict';
import { API, basic, MACHINE, token } from '../support/flow.ts';
import { LEDGER, machine, ORDERS, PLAIN } from './support/apis.ts';
import { MCP, NAMED, SLASHED } from './support/named-apis.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

/** A request with an unknown parameter (RFC 6749 §3.2) is answered by the engine, not by the fast path. */
const PATHS = { 'the short path': {}, 'the engine': { unknown: 'parameter' } };

describe('D: how a machine names its API', () => {
  const stage = useStage(NAMED);

  for (const [path, extra] of Object.entries(PATHS)) {
    const ask = async (client: { id: string; secret: string }, parameters: Record<string, string> = {}) => {
      const fields = { grant_type: 'client_credentials', ...parameters, ...extra };
      const { body } = await token(stage.issuer, fields, client);
      if (body.error !== undefined) return body.error;
      const [, payload = ''] = body.access_token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      return claims.aud as string;
    };

    row('D34', `the slash of an empty path, by ${path}`, 'the declared audience', async () => {
      for (const name of ['resource', 'audience']) {
        for (const [id, audience] of Object.entries({ orders: ORDERS, slashed: SLASHED, listed: PLAIN })) {
          const other = audience.endsWith('/') ? audience.slice(0, -1) : `${audience}/`;
          assert.equal(await ask(machine(id), { [name]: audience }), audience, id);
          assert.equal(await ask(machine(id), { [name]: other }), audience, id);
          assert.equal(await ask(MACHINE, { [name]: other }), 'invalid_target', 'of another client');
        }
        assert.equal(await ask(machine('mcp'), { [name]: MCP }), MCP);
        for (const other of [`${MCP}/`, new URL(MCP).origin])
          assert.equal(await ask(machine('mcp'), { [name]: other }), 'invalid_target');
      }
      return 'the declared audience';
    });

    row('D34', `audience and resource, by ${path}`, 'one API, or invalid_target', async () => {
      const client = machine('both');
      assert.equal(await ask(client, { audience: ORDERS, resource: `${ORDERS}/` }), ORDERS);
      for (const parameters of [
        { audience: ORDERS, resource: API },
        { audience: `${API}/`, resource: ORDERS },
        { audience: LEDGER, resource: ORDERS },
        { audience: ORDERS, resource: LEDGER },
        { audience: 'nothing', resource: ORDERS },
        { audience: 'constructor' },
        { audience: `${ORDERS}/${'a'.repeat(5000)}` },
      ])
        assert.equal(
          await ask(client, parameters),
          'invalid_target',
          JSON.stringify(parameters).slice(0, 99),
        );
      return 'one API, or invalid_target';
    });

    row('D34', `no resource, with one API, by ${path}`, 'that API', async () => {
      assert.equal(await ask(machine('slashed')), SLASHED);
      assert.equal(await ask(machine('slashed'), { scope: 'slashed:read' }), SLASHED);
      assert.equal(await ask(machine('slashed'), { resource: '', audience: '' }), SLASHED);
      assert.equal(await ask(machine('listed')), PLAIN);
      assert.equal(await ask(machine('both')), 'invalid_target', 'of two');
      assert.equal(await ask(machine('both'), { scope: 'orders:read' }), ORDERS);
      assert.equal(await ask(machine('both'), { scope: 'orders:read messages:read' }), 'invalid_target');
      return 'that API';
    });
  }

  row('D34', 'two audiences', '400 invalid_request', async () => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', audience: ORDERS });
    body.append('audience', ORDERS);
    const headers = { Authorization: basic(machine('orders')) };
    const response = await fetch(`${stage.issuer}/token`, { method: 'POST', headers, body });
    return `${response.status} ${((await response.json()) as { error: string }).error}`;
  });

  row('D34', 'an audience of a client that is not authenticated', 'invalid_client', async () => {
    for (const audience of [ORDERS, 'https://unknown.example'])
      assert.equal(
        (
          await token(
            stage.issuer,
            { grant_type: 'client_credentials', audience },
            { id: 'orders', secret: 'wrong' },
          )
        ).body.error,
        'invalid_client',
      );
    return 'invalid_client';
  });
});
