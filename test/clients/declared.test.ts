import assert from 'node:assert/strict';
import type { Clients } from '../../src/clients/clients.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import type { DeclaredClient } from '../../src/config/schema-apis.ts';
import { ClientsFixture } from './fixture.ts';

const WEB = { client_id: 'web', redirect_uris: ['https://rp.example/cb'] };
const SECRET = 'a-secret-that-was-written-by-hand';
const OTHER_SECRET = 'another-secret-in-the-same-file!';
const DAY = 86_400;
const NOTHING = { added: [], changed: [], removed: [], unchanged: [], adopted: [], released: [] };

describe('Clients declared in the configuration file', () => {
  let fixture: ClientsFixture;
  let clients: Clients;

  beforeEach(async () => {
    fixture = await ClientsFixture.open();
    ({ clients } = fixture);
  });
  afterEach(() => fixture.close());

  const declared: DeclaredClient[] = [
    { ...WEB, client_secret: SECRET },
    {
      client_id: 'app',
      redirect_uris: ['https://app.example/cb'],
      token_endpoint_auth_method: 'none',
    },
  ];

  it('are added at the first start and not written at the next', async () => {
    const first = await clients.reconcile(declared);
    assert.deepEqual(first, { ...NOTHING, added: ['web', 'app'] });
    assert.deepEqual(await fixture.accepted('web', SECRET), [true]);
    assert.equal((await clients.find('web'))?.source, 'declared');
    const before = await fixture.store.clients.list({ limit: 10 });
    fixture.writes.length = 0;
    fixture.now += DAY;
    const second = await clients.reconcile(declared);
    assert.deepEqual(second, { ...NOTHING, unchanged: ['web', 'app'] });
    assert.deepEqual(fixture.writes, []);
    assert.deepEqual(await fixture.store.clients.list({ limit: 10 }), before);
  });

  it('are rejected with client_credentials when no API would give them a token', async () => {
    const job = { client_id: 'job', client_secret: SECRET, grant_types: ['client_credentials'] };
    await assert.rejects(clients.reconcile([...declared, job]), (error) => {
      assert.ok(error instanceof ConfigurationError);
      assert.match(
        error.problems.join(),
        /^clients\.job\.scope: client_credentials gives no token without a scope/,
      );
      return true;
    });
    assert.deepEqual(fixture.writes, []);
    assert.deepEqual((await clients.reconcile([{ ...job, client_id: 'listed' }])).added, ['listed']);
  });

  it('cannot have an id that is a property name of every object', async () => {
    await assert.rejects(clients.reconcile([{ ...WEB, client_id: '__proto__', client_secret: SECRET }]), {
      problems: ['clients.__proto__.client_id: is a reserved name; choose another'],
    });
  });

  it('are changed when the file changes, and keep the digest of an unchanged secret', async () => {
    await clients.reconcile(declared);
    const before = await clients.find('web');
    fixture.now += DAY;
    const change = { ...WEB, client_secret: SECRET, client_name: 'Renamed' };
    assert.deepEqual((await clients.reconcile([change])).changed, ['web']);
    const after = await clients.find('web');
    assert.equal(after?.metadata.client_name, 'Renamed');
    assert.deepEqual(after?.secrets, before?.secrets);
    assert.equal(after?.createdAt, before?.createdAt);
    assert.equal(after?.updatedAt, fixture.now);
  });

  it('have only the new secret when the secret in the file changes', async () => {
    await clients.reconcile(declared);
    const { secret: rotated } = await clients.rotateSecret('web');
    const { changed } = await clients.reconcile([{ ...WEB, client_secret: OTHER_SECRET }]);
    assert.deepEqual(changed, ['web']);
    assert.deepEqual(await fixture.accepted('web', SECRET, rotated, OTHER_SECRET), [false, false, true]);
  });

  it('keep a rotated secret while the file is unchanged', async () => {
    await clients.reconcile(declared);
    const secrets = [SECRET];
    for (let round = 0; round < 3; round += 1) {
      secrets.push((await clients.rotateSecret('web', { overlap: DAY })).secret);
      assert.deepEqual((await clients.reconcile(declared)).unchanged, ['web', 'app']);
      assert.deepEqual(await fixture.accepted('web', ...secrets.slice(-2)), [true, true]);
      fixture.now += 2 * DAY;
      assert.deepEqual((await clients.reconcile(declared)).unchanged, ['web', 'app']);
      assert.deepEqual(
        await fixture.accepted('web', ...secrets),
        secrets.map((_, index) => index === round + 1),
      );
    }
    assert.ok(((await clients.find('web'))?.secrets.length ?? 0) <= 3);
  });

  it('do not accept the secret in the file after a rotation without overlap', async () => {
    await clients.reconcile(declared);
    const { secret } = await clients.rotateSecret('web', { overlap: 0 });
    await clients.reconcile(declared);
    assert.deepEqual(await fixture.accepted('web', SECRET, secret), [false, true]);
  });

  it('keep the overlap when the rotated secret is copied into the file', async () => {
    await clients.reconcile(declared);
    const { secret } = await clients.rotateSecret('web', { overlap: DAY });
    const updated = [{ ...WEB, client_secret: secret }];
    await clients.reconcile(updated);
    assert.deepEqual(await fixture.accepted('web', SECRET, secret), [true, true]);
    assert.deepEqual((await clients.reconcile(updated)).unchanged, ['web']);
    fixture.now += DAY;
    assert.deepEqual(await fixture.accepted('web', SECRET, secret), [false, true]);
    assert.deepEqual((await clients.reconcile(updated)).unchanged, ['web']);
  });

  it('lose their secrets when they become public clients', async () => {
    await clients.reconcile(declared);
    await clients.reconcile([{ ...WEB, token_endpoint_auth_method: 'none' }]);
    assert.deepEqual((await clients.find('web'))?.secrets, []);
  });

  it('are removed when they are removed from the file; added clients stay', async () => {
    await clients.add({ ...WEB, client_id: 'added' });
    await clients.reconcile(declared);
    assert.deepEqual(await clients.reconcile([]), { ...NOTHING, removed: ['app', 'web'] });
    assert.deepEqual(
      (await clients.list({ limit: 10 })).map(({ id }) => id),
      ['added'],
    );
  });

  it('are rejected with the problems of all clients, before any write', async () => {
    await clients.add({ ...WEB, client_id: 'mine' });
    fixture.writes.length = 0;
    await assert.rejects(
      clients.reconcile([
        { ...WEB, client_secret: 'short' },
        { ...WEB, client_id: 'secretless' },
        { ...WEB, client_id: 'mine', client_secret: SECRET },
      ]),
      (error) => {
        assert.ok(error instanceof ConfigurationError);
        assert.equal(error.problems.length, 3);
        assert.match(error.problems[0] ?? '', /^clients\.web\.client_secret: must have at least 32/);
        assert.match(error.problems[1] ?? '', /^clients\.secretless\.client_secret: missing/);
        assert.match(error.problems[2] ?? '', /^clients\.mine: was added on the command line/);
        return true;
      },
    );
    assert.deepEqual(fixture.writes, []);
  });

  it('cannot be removed on the command line', async () => {
    await clients.reconcile(declared);
    await assert.rejects(clients.remove('web'), /web is declared in clients\/web\.yaml; remove it there/);
  });

  it('are added once by two processes that start together', async () => {
    const results = await Promise.all([clients.reconcile(declared), clients.reconcile(declared)]);
    assert.deepEqual(results.flatMap(({ added }) => added).sort(), ['app', 'web']);
    assert.deepEqual(await fixture.accepted('web', SECRET), [true]);
  });

  it('are not written when another process adds them during the start', async () => {
    const { store } = fixture;
    await clients.reconcile(declared);
    const list = store.clients.list.bind(store.clients);
    store.clients.list = () => Promise.resolve([]);
    const { unchanged } = await clients.reconcile(declared);
    store.clients.list = list;
    assert.deepEqual(unchanged, ['web', 'app']);
  });

  it('do not replace a client that is added on the command line during the start', async () => {
    const { store } = fixture;
    await clients.reconcile(declared);
    const list = store.clients.list.bind(store.clients);
    store.clients.list = async (page) => {
      const listed = await list(page);
      if (await store.clients.remove('web')) await clients.add({ ...WEB, client_name: 'Added' });
      return listed;
    };
    const change = { ...WEB, client_secret: SECRET, client_name: 'Declared' };
    const { changed } = await clients.reconcile([change, ...declared.slice(1)]);
    store.clients.list = list;
    assert.deepEqual(changed, []);
    assert.equal((await clients.find('web'))?.metadata.client_name, 'Added');
  });

  it('are found on every page of a long list', async () => {
    const ids = Array.from({ length: 501 }, (_, index) => `client-${index}`);
    const app = { redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' };
    const { metadata } = checkMetadata(
      { ...app, id_token_claims: true },
      { apis: [], mode: 'production', signingAlgorithms: ['RS256'] },
    );
    await Promise.all(
      ids.map((id) =>
        fixture.store.clients.create({
          id,
          instance: id,
          metadata,
          secrets: [],
          source: 'declared',
          createdAt: 0,
          updatedAt: 0,
        }),
      ),
    );
    const { unchanged } = await clients.reconcile(ids.map((id) => Object.assign({ client_id: id }, app)));
    assert.deepEqual(unchanged, ids);
  });
});
