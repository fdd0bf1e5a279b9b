import assert from 'node:assert/strict';
import type { ClientRecord } from '../../src/store/store.ts';
import { ClientsFixture } from './fixture.ts';

const STRANGER: ClientRecord = {
  id: 'stranger',
  instance: 'i',
  metadata: {
    redirect_uris: ['https://app.example.com/cb'],
    post_logout_redirect_uris: [],
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    scope: 'openid',
  },
  secrets: [],
  source: 'registered',
  registration: { tokenDigest: 'x' },
  createdAt: 1,
  updatedAt: 1,
};

describe('A client that registered itself', () => {
  let fixture: ClientsFixture;
  beforeEach(async () => {
    fixture = await ClientsFixture.open();
    await fixture.store.clients.create(STRANGER);
  });
  afterEach(() => fixture.close());

  it('is trusted once it is accepted, which ends its own changes', async () => {
    const { clients } = fixture;
    for (const name of ['first_party', 'trust_loopback']) {
      await assert.rejects(
        clients.update('stranger', { [name]: true }),
        ({ problems }: { problems: string[] }) =>
          problems.some((problem) => problem.startsWith(`${name}: the client registered itself`)),
      );
    }
    const accepted = await clients.accept('stranger');
    assert.equal(accepted.source, 'added');
    assert.equal(accepted.instance, 'i');
    assert.equal(accepted.registration, undefined);
    assert.deepEqual(fixture.recorded, [
      { type: 'client.changed', clientId: 'stranger', detail: { source: 'added' } },
    ]);
    assert.deepEqual((await clients.update('stranger', { first_party: true })).changed, ['first_party']);
    await assert.rejects(clients.accept('stranger'), { problems: ['stranger did not register itself'] });
    await assert.rejects(clients.accept('nobody'), { problems: ['there is no client nobody'] });
  });

  it('is not taken over by an entry of the configuration', async () => {
    await assert.rejects(
      fixture.clients.reconcile([{ client_id: 'stranger', adopt: true, ...STRANGER.metadata }]),
      {
        problems: [
          'clients.stranger: registered itself; run `signet client accept stranger` first, or rename this one',
        ],
      },
    );
  });

  it('can be changed and removed by the operator', async () => {
    const { clients } = fixture;
    assert.deepEqual((await clients.update('stranger', { client_name: 'App' })).changed, ['client_name']);
    await clients.remove('stranger');
    assert.equal(await clients.find('stranger'), undefined);
  });
});
