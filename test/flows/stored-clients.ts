import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { signIn, WEB } from '../support/flow.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer } from '../support/server.ts';
import type { copyDatabase010 } from '../store/old-data.ts';

/** What this version does with the clients of 0.1.0 (`../store/fixtures`). */
export interface OldData {
  /** As in the configuration. */
  store: string;
  knowledge: ReturnType<typeof copyDatabase010>;
}

/** @param open opens a new copy of the data */
export function describeStoredClients(open: () => Promise<OldData>): void {
  it('an added client keeps its ID tokens, a declared one has claims in them', async () => {
    const { store, knowledge } = await open();
    const server = await startTestServer({ store });
    const operator = await operate(server);
    try {
      const { account: person } = knowledge;
      const claimsOf = async (client: typeof WEB) => {
        const parameters = { scope: 'openid profile' };
        const { tokens } = await signIn(server.issuer, { client, person, parameters });
        const { sub, preferred_username: username } = decodeJwt(String(tokens.id_token));
        return { sub, username };
      };
      const { secret } = await operator.clients.rotateSecret('shop');
      const shop = { id: 'shop', secret, redirectUri: 'https://shop.example/cb' };
      assert.deepEqual(await claimsOf(shop), { sub: person.id, username: undefined });
      assert.deepEqual(await claimsOf(WEB), { sub: person.id, username: person.username });
      assert.deepEqual(
        await Promise.all(
          ['shop', WEB.id].map(async (id) => (await operator.clients.find(id))?.metadata.id_token_claims),
        ),
        [undefined, true],
      );
    } finally {
      await operator.close();
      await server.stop();
    }
  });
}
