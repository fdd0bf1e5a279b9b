import assert from 'node:assert/strict';
import { ClientError } from '../../src/clients/errors.ts';
import { missingAlgorithms } from '../../src/clients/response-algorithms.ts';
import { createClients } from '../../src/clients/clients.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import { type SigningAlgorithm } from '../../src/config/signing-algorithms.ts';
import { ClientsFixture } from './fixture.ts';

const PUBLIC = { token_endpoint_auth_method: 'none', redirect_uris: ['https://app.example/cb'] };
const REFUSED =
  'id_token_signed_response_alg: must be RS256 or ES256, which are signingAlgorithms of the configuration, or HS256';

describe('id_token_signed_response_alg (OpenID Connect Dynamic Client Registration §2)', () => {
  let fixture: ClientsFixture;
  before(async () => void (fixture = await ClientsFixture.open()));
  after(() => fixture.close());

  const add = (alg: unknown) => fixture.clients.add({ ...PUBLIC, id_token_signed_response_alg: alg });
  const problemsOf = async (work: Promise<unknown>): Promise<readonly string[]> => {
    try {
      await work;
      return [];
    } catch (error) {
      assert.ok(error instanceof ClientError || error instanceof ConfigurationError);
      return error.problems;
    }
  };
  /** The same store for a configuration with other algorithms. */
  const configured = (signingAlgorithms: readonly SigningAlgorithm[]) =>
    createClients({
      store: fixture.store,
      apis: [],
      mode: 'production',
      signingAlgorithms: [...signingAlgorithms],
      audit: { record() {} },
      clock: Date.now,
      sealer: fixture.sealer,
    });

  it('is one of the configured algorithms', async () => {
    for (const alg of ['RS256', 'ES256']) {
      const { client } = await add(alg);
      assert.equal(client.metadata.id_token_signed_response_alg, alg);
      await fixture.clients.remove(client.id);
    }
  });

  it('is not stored when it is not registered', async () => {
    const { client } = await fixture.clients.add(PUBLIC);
    assert.ok(!('id_token_signed_response_alg' in client.metadata));
    await fixture.clients.remove(client.id);
  });

  for (const alg of ['HS384', 'none', 'None', 'PS256', 'EdDSA', 'es256', '']) {
    it(`is not ${JSON.stringify(alg)}: the error says which ones are configured`, async () => {
      assert.deepEqual(await problemsOf(add(alg)), [REFUSED]);
      const declared = { client_id: 'web', ...PUBLIC, id_token_signed_response_alg: alg };
      assert.deepEqual(await problemsOf(fixture.clients.reconcile([declared])), [`clients.web.${REFUSED}`]);
    });
  }

  for (const alg of [1, null, ['ES256'], { alg: 'ES256' }]) {
    it(`is not ${JSON.stringify(alg)}`, async () => {
      assert.deepEqual(await problemsOf(add(alg)), ['id_token_signed_response_alg: must be text']);
    });
  }

  it('of an added client must stay configured: a start without it is refused before any write', async () => {
    const { client } = await add('ES256');
    await add('RS256');
    const declared = [{ client_id: 'web', ...PUBLIC }];
    const writes = fixture.store.clients.list({ limit: 10 });
    assert.deepEqual(await problemsOf(configured(['RS256']).reconcile(declared)), [
      `signingAlgorithms: ES256 is missing, and clients are registered for it (id_token_signed_response_alg): ${client.id}; add it, or change them with \`signet client update\``,
    ]);
    assert.deepEqual(await fixture.store.clients.list({ limit: 10 }), await writes);
    for (const algorithms of [
      ['RS256', 'ES256'],
      ['RS256', 'PS256', 'ES256', 'EdDSA'],
    ] as const) {
      assert.deepEqual(await problemsOf(configured(algorithms).reconcile(declared)), []);
    }
    await fixture.clients.remove(client.id);
  });

  it('of a declared client may change, and the client stays the same', async () => {
    const declared = { client_id: 'changing', ...PUBLIC };
    await fixture.clients.reconcile([declared]);
    const before = await fixture.clients.find('changing');
    const { changed } = await fixture.clients.reconcile([
      { ...declared, id_token_signed_response_alg: 'ES256' },
    ]);
    const after = await fixture.clients.find('changing');
    assert.deepEqual([changed, after?.instance], [['changing'], before?.instance]);
    // Its record does not count: the file decides.
    const { changed: back } = await fixture.clients.reconcile([declared]);
    assert.deepEqual(back, ['changing']);
  });

  it('of an added client does not count in the start that adopts it: the file decides', async () => {
    const { client } = await add('ES256');
    const entry = { client_id: client.id, adopt: true, ...PUBLIC };
    const { adopted } = await configured(['RS256']).reconcile([entry]);
    assert.deepEqual(adopted, [client.id]);
  });

  it('is reported in one sentence for each missing algorithm, with a few of the clients', () => {
    const clients = Array.from({ length: 9 }, (_, index) => ({
      id: `client-${index}`,
      metadata: { id_token_signed_response_alg: index < 7 ? 'ES256' : 'EdDSA' },
    }));
    const found = missingAlgorithms(clients, ['RS256']).map(
      (each) => /: (?<named>client-.*);/.exec(each)?.[1],
    );
    assert.deepEqual(found, [
      'client-0, client-1, client-2, client-3, client-4 and 2 more',
      'client-7, client-8',
    ]);
  });
});
