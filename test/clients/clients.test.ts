import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Clients } from '../../src/clients/clients.ts';
import { ClientsFixture } from './fixture.ts';

const WEB = { client_id: 'web', redirect_uris: ['https://rp.example/cb'] };
const SECRET = 'a-secret-that-was-written-by-hand';
const DAY = 86_400;

describe('Clients', () => {
  let fixture: ClientsFixture;
  let clients: Clients;

  beforeEach(async () => {
    fixture = await ClientsFixture.open();
    ({ clients } = fixture);
  });
  afterEach(() => fixture.close());

  describe('when added', () => {
    it('get a secret that is returned once and stored as a digest', async () => {
      const { client, secret = '' } = await clients.add(WEB);
      assert.match(secret, /^[\w-]{43}$/);
      assert.deepEqual(await fixture.accepted('web', secret, 'wrong'), [true, false]);
      assert.deepEqual(await clients.find('web'), client);
      assert.equal(client.source, 'added');
      await fixture.store.close();
      const database = await readFile(fixture.database, 'latin1');
      assert.ok(database.includes('sha256$'));
      assert.ok(!database.includes(secret));
    });

    it('keep a given secret', async () => {
      assert.equal((await clients.add(WEB, { secret: SECRET })).secret, SECRET);
      assert.deepEqual(await fixture.accepted('web', SECRET), [true]);
    });

    it('get a random client_id by default', async () => {
      const { client } = await clients.add({ redirect_uris: WEB.redirect_uris });
      assert.match(client.id, /^[\da-f-]{36}$/);
    });

    it('get no secret when they are public', async () => {
      const { client, secret } = await clients.add({ ...WEB, token_endpoint_auth_method: 'none' });
      assert.equal(secret, undefined);
      assert.deepEqual(client.secrets, []);
    });

    it('are rejected with client_credentials when no API would give them a token', async () => {
      const problem =
        'scope: client_credentials gives no token without a scope of an API, or the id of the client in apis.clients of the configuration; add one';
      for (const metadata of [
        { grant_types: ['client_credentials'] },
        { grant_types: ['client_credentials'], scope: ' ' },
        { ...WEB, grant_types: ['authorization_code', 'client_credentials'], scope: 'openid' },
      ])
        await assert.rejects(clients.add(metadata), { problems: [problem] });
      await clients.add({ grant_types: ['client_credentials'], scope: 'messages:read' });
      // An API lists it.
      await clients.add({ client_id: 'listed', grant_types: ['client_credentials'] });
      await assert.rejects(clients.add({ grant_types: ['client_credentials'], scope: 'messages:raed' }), {
        problems: [
          'scope: messages:raed is neither of OpenID Connect nor of a declared API; did you mean messages:read?',
        ],
      });
    });

    it('are rejected with an id that is a property name of every object', async () => {
      for (const id of [...Object.getOwnPropertyNames(Object.prototype), 'prototype']) {
        await assert.rejects(clients.add({ ...WEB, client_id: id }), {
          problems: ['client_id: is a reserved name; choose another'],
        });
      }
      assert.deepEqual(await clients.list({ limit: 1 }), []);
    });

    it('are rejected with all problems at once', async () => {
      await assert.rejects(
        clients.add({ client_id: 'a b', token_endpoint_auth_method: 'none' }, { secret: 'x' }),
        {
          name: 'ClientError',
          problems: [
            'client_id: must be 1 to 200 visible ASCII characters',
            'redirect_uris: at least one is needed with the authorization_code grant',
            'client_secret: not used with token_endpoint_auth_method none; remove it',
          ],
        },
      );
    });

    it('are rejected with an id that is taken', async () => {
      await clients.add(WEB);
      await assert.rejects(clients.add(WEB), { problems: ['client_id: web is taken'] });
    });

    it('are rejected with a short secret in production', async () => {
      await assert.rejects(clients.add(WEB, { secret: 'short' }), /at least 32 characters/);
    });
  });

  describe('when their secret is rotated', () => {
    it('can use both secrets until the overlap ends', async () => {
      const { secret: first = '' } = await clients.add(WEB);
      const { secret: second } = await clients.rotateSecret('web', { overlap: 100 });
      assert.deepEqual(await fixture.accepted('web', first, second), [true, true]);
      fixture.now += 100;
      assert.deepEqual(await fixture.accepted('web', first, second), [false, true]);
    });

    it('have an overlap of 7 days by default', async () => {
      const { secret: first = '' } = await clients.add(WEB);
      await clients.rotateSecret('web');
      fixture.now += 7 * DAY - 1;
      assert.deepEqual(await fixture.accepted('web', first), [true]);
      fixture.now += 1;
      assert.deepEqual(await fixture.accepted('web', first), [false]);
    });

    it('cannot use the old secret without an overlap', async () => {
      const { secret: first = '' } = await clients.add(WEB);
      const { client, secret: second } = await clients.rotateSecret('web', { overlap: 0 });
      assert.deepEqual(await fixture.accepted('web', first, second), [false, true]);
      assert.equal(client.secrets.length, 1);
    });

    it('have at most two valid secrets', async () => {
      const { secret: first = '' } = await clients.add(WEB);
      const { secret: second } = await clients.rotateSecret('web');
      const { client, secret: third } = await clients.rotateSecret('web');
      assert.deepEqual(await fixture.accepted('web', first, second, third), [false, true, true]);
      assert.equal(client.secrets.length, 2);
    });

    it('do not get more time for a secret that is expiring', async () => {
      const { secret: first = '' } = await clients.add(WEB, { secret: SECRET });
      await clients.rotateSecret('web', { overlap: 10 });
      fixture.now += 11;
      await clients.rotateSecret('web', { overlap: 1000 });
      assert.deepEqual(await fixture.accepted('web', first), [false]);
    });

    it('are rejected when they have no secret or do not exist', async () => {
      await clients.add({ ...WEB, token_endpoint_auth_method: 'none' });
      await assert.rejects(clients.rotateSecret('web'), /authenticates with none/);
      await assert.rejects(clients.rotateSecret('nobody'), /there is no client nobody/);
    });
  });

  it('are listed by id, page by page', async () => {
    for (const id of ['c', 'a', 'b']) await clients.add({ ...WEB, client_id: id });
    const ids = async (after?: string) => (await clients.list({ limit: 2, after })).map(({ id }) => id);
    assert.deepEqual(await ids(), ['a', 'b']);
    assert.deepEqual(await ids('b'), ['c']);
  });

  it('are removed', async () => {
    await clients.add(WEB);
    await clients.remove('web');
    assert.equal(await clients.find('web'), undefined);
    await assert.rejects(clients.remove('web'), /there is no client web/);
  });

  it('are recorded in the audit trail with every change, without secrets', async () => {
    const { secret = '' } = await clients.add(WEB);
    const { secret: second } = await clients.rotateSecret('web');
    await clients.remove('web');
    assert.deepEqual(
      fixture.recorded.map(({ type, clientId }) => `${type} ${clientId}`),
      ['client.added web', 'client.secret_rotated web', 'client.removed web'],
    );
    assert.ok(!JSON.stringify(fixture.recorded).includes(secret));
    assert.ok(!JSON.stringify(fixture.recorded).includes(second));
  });
});
