import assert from 'node:assert/strict';
import type { Clients } from '../../src/clients/clients.ts';
import { ClientsFixture } from './fixture.ts';

const WEB = { client_id: 'web', redirect_uris: ['https://rp.example/cb'] };
const SECRET = 'a-secret-that-was-written-by-hand';
const NOTHING = { added: [], changed: [], removed: [], unchanged: [], adopted: [], released: [] };
const DAY = 86_400;

describe('A client between command and file', () => {
  let fixture: ClientsFixture;
  let clients: Clients;

  beforeEach(async () => {
    fixture = await ClientsFixture.open();
    ({ clients } = fixture);
  });
  afterEach(() => fixture.close());

  it('is adopted with its instance and secrets, and stays so at the next start', async () => {
    const { client, secret = '' } = await clients.add(WEB);
    const { secret: rotated } = await clients.rotateSecret('web');
    const { secrets } = (await clients.find('web')) ?? assert.fail();
    fixture.now += 60;
    const entry = { ...WEB, adopt: true, client_name: 'From the file' };
    assert.deepEqual(await clients.reconcile([entry]), { ...NOTHING, adopted: ['web'] });
    assert.deepEqual(await clients.find('web'), {
      ...client,
      metadata: { ...client.metadata, client_name: 'From the file' },
      secrets,
      source: 'declared',
      updatedAt: fixture.now,
    });
    assert.deepEqual(await fixture.accepted('web', secret, rotated), [true, true]);
    assert.deepEqual(fixture.recorded.at(-1), {
      type: 'client.changed',
      clientId: 'web',
      detail: { source: 'declared' },
    });
    assert.deepEqual(await clients.reconcile([entry]), { ...NOTHING, unchanged: ['web'] });
  });

  it('is adopted when nothing of its metadata differs', async () => {
    await clients.add({ ...WEB, token_endpoint_auth_method: 'none' });
    const entry = { ...WEB, token_endpoint_auth_method: 'none', adopt: true };
    assert.deepEqual(await clients.reconcile([entry]), { ...NOTHING, adopted: ['web'] });
    assert.equal((await clients.find('web'))?.source, 'declared');
  });

  it('keeps a secret that is written into the file with the overlap of the others', async () => {
    const { secret = '' } = await clients.add(WEB);
    const { secret: rotated } = await clients.rotateSecret('web', { overlap: DAY });
    await clients.reconcile([{ ...WEB, adopt: true, client_secret: rotated }]);
    assert.deepEqual(await fixture.accepted('web', secret, rotated), [true, true]);
    fixture.now += DAY;
    assert.deepEqual(await fixture.accepted('web', secret, rotated), [false, true]);
  });

  it('can have its secret rotated by command while the file has none', async () => {
    await clients.add(WEB);
    const entry = { ...WEB, adopt: true };
    await clients.reconcile([entry]);
    for (let round = 0; round < 3; round += 1) {
      const { secret } = await clients.rotateSecret('web', { overlap: DAY });
      fixture.now += 2 * DAY;
      assert.deepEqual(await clients.reconcile([entry]), { ...NOTHING, unchanged: ['web'] });
      assert.deepEqual(await fixture.accepted('web', secret), [true]);
    }
    assert.ok(((await clients.find('web'))?.secrets.length ?? 0) <= 3);
  });

  it('is not adopted without adopt, or when there is none and the file has no secret', async () => {
    await clients.add(WEB);
    await assert.rejects(clients.reconcile([{ ...WEB, client_secret: SECRET }]), {
      problems: [
        'clients.web: was added on the command line; write `adopt: true` in its entry to declare it with its secrets and consents, run `signet client remove web`, or rename this one',
      ],
    });
    await assert.rejects(clients.reconcile([{ ...WEB, client_id: 'gone', adopt: true }]), {
      problems: [
        'clients.gone.client_secret: missing, and the store has no client gone with a secret to adopt; write one, or run `signet client add` first',
      ],
    });
    const { added } = await clients.reconcile([
      { ...WEB, client_id: 'gone', adopt: true, client_secret: SECRET },
    ]);
    assert.deepEqual(added, ['gone']);
  });

  it('is not adopted with an authentication method for which it has no secret', async () => {
    await clients.add({ ...WEB, token_endpoint_auth_method: 'none' });
    await assert.rejects(clients.reconcile([{ ...WEB, adopt: true }]), {
      name: 'ConfigurationError',
    });
    assert.equal((await clients.find('web'))?.source, 'added');
  });

  it('is released with its instance and secrets, and stays when it leaves the file', async () => {
    await clients.reconcile([{ ...WEB, client_secret: SECRET }]);
    const { secret } = await clients.rotateSecret('web');
    const before = (await clients.find('web')) ?? assert.fail();
    fixture.now += 60;
    const entry = { ...WEB, client_secret: SECRET, release: true };
    assert.deepEqual(await clients.reconcile([entry]), { ...NOTHING, released: ['web'] });
    assert.deepEqual(await clients.find('web'), { ...before, source: 'added', updatedAt: fixture.now });
    assert.deepEqual(fixture.recorded.at(-1), {
      type: 'client.changed',
      clientId: 'web',
      detail: { source: 'added' },
    });
    assert.deepEqual(await clients.reconcile([entry]), NOTHING);
    assert.deepEqual(await clients.reconcile([]), NOTHING);
    assert.deepEqual(await fixture.accepted('web', SECRET, secret), [true, true]);
    // And back.
    assert.deepEqual((await clients.reconcile([{ ...WEB, adopt: true }])).adopted, ['web']);
    assert.equal((await clients.find('web'))?.instance, before.instance);
  });

  it('is not added by an entry that releases it', async () => {
    assert.deepEqual(await clients.reconcile([{ client_id: 'web', release: true }]), NOTHING);
    assert.equal(await clients.find('web'), undefined);
  });

  it('is not adopted and released at once', async () => {
    await assert.rejects(clients.reconcile([{ ...WEB, adopt: true, release: true }]), {
      problems: ['clients.web.release: contradicts adopt; keep one of them'],
    });
  });

  it('is released by command when the file no longer has it', async () => {
    await clients.reconcile([
      { ...WEB, client_secret: SECRET },
      { ...WEB, client_id: 'gone', client_secret: SECRET },
    ]);
    const before = (await clients.find('gone')) ?? assert.fail();
    await assert.rejects(clients.release('web'), {
      problems: [
        'web is declared in clients/web.yaml; write `release: true` in its entry there, restart Signet, and remove the entry then',
      ],
    });
    const released = await clients.release('gone');
    assert.deepEqual(released, { ...before, source: 'added', updatedAt: fixture.now });
    assert.deepEqual(fixture.recorded.at(-1), {
      type: 'client.changed',
      clientId: 'gone',
      detail: { source: 'added' },
    });
    await assert.rejects(clients.release('gone'), { problems: ['gone is not declared'] });
    await assert.rejects(clients.release('nobody'), { problems: ['there is no client nobody'] });
  });
});
