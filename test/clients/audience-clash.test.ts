import assert from 'node:assert/strict';
import { createClients } from '../../src/clients/clients.ts';
import { DEMO_API } from '../../src/config/demo.ts';
import type { AccessTokenType } from '../../src/config/schema-apis.ts';
import { ClientsFixture } from './fixture.ts';

const AUDIENCE = 'https://mail.example';
const WEB = { token_endpoint_auth_method: 'none', redirect_uris: ['https://app.example/cb'] };

describe('A client whose id is the audience of an API', () => {
  let fixture: ClientsFixture;
  before(async () => void (fixture = await ClientsFixture.open()));
  after(() => fixture.close());

  /** The same store for a configuration with the API. */
  const configured = (accessTokenType: AccessTokenType) =>
    createClients({
      store: fixture.store,
      apis: [{ ...DEMO_API, audience: AUDIENCE, accessTokenType }],
      mode: 'production',
      signingAlgorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      audit: { record() {} },
      clock: Date.now,
      sealer: fixture.sealer,
    });

  it('is declared for an API with the type at+jwt only', async () => {
    const declared = [{ ...WEB, client_id: AUDIENCE }];
    await assert.rejects(configured('JWT').reconcile(declared), {
      problems: [
        `clients.${AUDIENCE}.client_id: is the audience of an API with accessTokenType: JWT, which would accept the ID tokens of the client; choose another, or set accessTokenType: at+jwt`,
      ],
    });
    assert.deepEqual((await configured('at+jwt').reconcile(declared)).added, [AUDIENCE]);
    await configured('JWT').reconcile([]);
  });

  it('that was added stops a start with the type JWT', async () => {
    await configured('at+jwt').add({ ...WEB, client_id: AUDIENCE });
    await assert.rejects(configured('JWT').reconcile([]), {
      problems: [
        `apis: accessTokenType of ${AUDIENCE} cannot be JWT, because a client that signs people in has the same id; remove the client with \`signet client remove\`, or set at+jwt`,
      ],
    });
    await configured('at+jwt').reconcile([]);
    await configured('at+jwt').remove(AUDIENCE);
  });

  it('can be one that gets no ID tokens', async () => {
    await configured('JWT').add({ client_id: AUDIENCE, grant_types: [] });
    await configured('JWT').reconcile([]);
  });
});
